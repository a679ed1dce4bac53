-- What the rules decided about conversations, what waits for them, and what people do with items.
-- Times are whole seconds since 1970 UTC; items are named by kind and uuid, as in 0002.

-- Conversations the rules have to look at: written in the transaction that changed them, so that none is forgotten.
CREATE TABLE link_due (
    thread_id INTEGER PRIMARY KEY REFERENCES thread(id) ON DELETE CASCADE,
    email_id INTEGER NOT NULL DEFAULT 0          -- the oldest message to judge anew; 0: all of them
);
-- What the rules say of a conversation as it is now (linking.rules): one row, of the message that decided.
CREATE TABLE link_decision (
    thread_id INTEGER PRIMARY KEY REFERENCES thread(id) ON DELETE CASCADE,
    email_id INTEGER NOT NULL,
    reason TEXT NOT NULL,                        -- a code of linking.rules.Reason
    candidates TEXT NOT NULL DEFAULT '[]',       -- JSON: ["deal:<uuid>", ..]
    rules_version INTEGER NOT NULL,
    at INTEGER NOT NULL
);
ALTER TABLE thread ADD COLUMN is_to_file INTEGER NOT NULL DEFAULT 0;    -- waits in the queue of unlinked conversations
ALTER TABLE thread ADD COLUMN origin TEXT NOT NULL DEFAULT 'sync';      -- sync | smart_bcc | duplicate
INSERT INTO mailbox (account_id, key, name, role) SELECT id, NULL, 'To file', 'unlinked' FROM account;

-- An address of a conversation that is taken for another person, or nobody (NULL), by hand.
CREATE TABLE participant_override (
    thread_id INTEGER NOT NULL REFERENCES thread(id) ON DELETE CASCADE,
    email TEXT NOT NULL,                         -- normalised
    person_id TEXT,
    by_user TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL,
    PRIMARY KEY (thread_id, email)
) WITHOUT ROWID;
CREATE INDEX participant_override_person ON participant_override (person_id) WHERE person_id IS NOT NULL;

-- How an account takes part in the CRM; no row: as the defaults say.
CREATE TABLE account_crm (
    account_id INTEGER PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE,
    auto_link INTEGER NOT NULL DEFAULT 1,
    auto_link_since INTEGER NOT NULL DEFAULT 0,  -- older messages are not judged
    creates TEXT NOT NULL DEFAULT 'off',         -- off | lead | deal: what mail of unknown senders makes
    creates_since INTEGER NOT NULL DEFAULT 0,    -- older messages make nothing
    stage_id TEXT,                               -- where such deals begin; NULL: the first stage
    responsible TEXT NOT NULL DEFAULT '[]',      -- JSON: uuids of users, who take turns; none: the account's owner
    turns INTEGER NOT NULL DEFAULT 0,
    activity_type TEXT NOT NULL DEFAULT 'task',
    activity_days INTEGER NOT NULL DEFAULT 1,    -- the planned activity is due so many days after the mail
    bcc_address TEXT NOT NULL DEFAULT ''         -- where Smart BCC copies go; empty: the account's address
);
CREATE TABLE account_member (                    -- who works in a team account
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES workspace_user(id) ON DELETE CASCADE,
    can_manage INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, user_id)
) WITHOUT ROWID;

-- Addresses and domains that are treated apart.
CREATE TABLE crm_exception (
    id TEXT PRIMARY KEY,
    pattern TEXT NOT NULL,                       -- an address, or "@" and a domain, which covers those below it
    effect TEXT NOT NULL,                        -- block: not judged | no_create: makes no lead or deal | never_share
    comment TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX crm_exception_pattern ON crm_exception (pattern, effect) WHERE deleted_at IS NULL;

-- Smart BCC: the part after "+" of an address of the user's own. item_id NULL: the universal one.
CREATE TABLE bcc_token (
    token TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    item_kind TEXT,
    item_id TEXT,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX bcc_token_item ON bcc_token (account_id, item_kind, item_id) WHERE revoked_at IS NULL;
ALTER TABLE email ADD COLUMN delivered_to TEXT NOT NULL DEFAULT '';     -- Delivered-To and the like, normalised, space separated
ALTER TABLE email ADD COLUMN bcc_token TEXT;     -- of a Smart BCC copy: the token it came with, '' for a duplicate made here
ALTER TABLE email ADD COLUMN is_bcc_verified INTEGER NOT NULL DEFAULT 0;    -- the copy came from an address of the owner's
CREATE INDEX email_bcc_token ON email (bcc_token) WHERE bcc_token IS NOT NULL;
ALTER TABLE email ADD COLUMN copy_of INTEGER;    -- of a copy made here: the email it was made from, which may be gone

-- What a mail of an unknown sender made by itself, so that one key takes it back.
CREATE TABLE auto_created (
    thread_id INTEGER PRIMARY KEY REFERENCES thread(id) ON DELETE CASCADE,
    email_id INTEGER NOT NULL,
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    person_id TEXT,                              -- made with it
    activity_id TEXT,
    address TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX auto_created_item ON auto_created (item_kind, item_id);

-- Conversations whose mail may make a lead, a deal or persons: noted with the decision, so that none is forgotten.
CREATE TABLE create_due (
    thread_id INTEGER PRIMARY KEY REFERENCES thread(id) ON DELETE CASCADE
);
CREATE TRIGGER decision_on_a_stranger AFTER INSERT ON link_decision
WHEN new.reason IN ('unknown_contact', 'bcc_direct', 'auto_link_off') BEGIN
    INSERT OR IGNORE INTO create_due SELECT t.id FROM thread t JOIN account_crm c ON c.account_id = t.account_id
        WHERE t.id = new.thread_id AND c.creates <> 'off' AND t.started_at >= c.creates_since;
END;
CREATE TRIGGER decision_on_a_stranger_again AFTER UPDATE ON link_decision
WHEN new.reason IN ('unknown_contact', 'bcc_direct', 'auto_link_off') BEGIN
    INSERT OR IGNORE INTO create_due SELECT t.id FROM thread t JOIN account_crm c ON c.account_id = t.account_id
        WHERE t.id = new.thread_id AND c.creates <> 'off' AND t.started_at >= c.creates_since;
END;

-- Times in the past when an item was not open, so that old mail is judged by how things stood then.
CREATE TABLE closed_period (
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    closed_at INTEGER NOT NULL,
    reopened_at INTEGER NOT NULL,
    PRIMARY KEY (item_kind, item_id, closed_at)
) WITHOUT ROWID;
ALTER TABLE person ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN merged_into TEXT;
ALTER TABLE organization ADD COLUMN merged_into TEXT;
ALTER TABLE deal ADD COLUMN merged_into TEXT;
ALTER TABLE lead ADD COLUMN merged_into TEXT;
ALTER TABLE project ADD COLUMN merged_into TEXT;
ALTER TABLE project ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE deal_product ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deal_product_product ON deal_product (product_id);

CREATE TABLE custom_field (
    id TEXT PRIMARY KEY,
    item_kind TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL DEFAULT 'text',           -- text | number | money | date | choice | yes_no | address
    choices TEXT NOT NULL DEFAULT '[]',          -- JSON list of texts, for choice
    position INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE TABLE custom_value (
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    field_id TEXT NOT NULL REFERENCES custom_field(id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    PRIMARY KEY (item_kind, item_id, field_id)
) WITHOUT ROWID;

CREATE INDEX activity_due ON activity (due_at) WHERE done_at IS NULL AND deleted_at IS NULL;
CREATE INDEX deal_stage ON deal (stage_id, stage_changed_at) WHERE deleted_at IS NULL AND status = 'open';
CREATE INDEX note_org ON note (org_id, created_at) WHERE org_id IS NOT NULL;
CREATE INDEX audit_object ON audit (object, at);
CREATE INDEX item_label_label ON item_label (label_id);
CREATE INDEX thread_item ON thread (item_kind, item_id) WHERE item_id IS NOT NULL;

-- What a colleague may do: change items that are others' (seen) or only their own; change settings of the CRM.
ALTER TABLE workspace_user ADD COLUMN edits TEXT NOT NULL DEFAULT 'seen';    -- own | seen
ALTER TABLE workspace_user ADD COLUMN can_manage INTEGER NOT NULL DEFAULT 0;

-- What makes a conversation due: a message that comes, what is found out about it later, where it lies out of sight,
-- and other messages beside it. Keywords do not.
CREATE TRIGGER email_comes AFTER INSERT ON email BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT id, new.id FROM thread WHERE id = new.thread_id
        ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
CREATE TRIGGER email_is_known_better AFTER UPDATE OF is_bulk, bcc_token, is_bcc_verified ON email
WHEN new.is_bulk <> old.is_bulk OR new.bcc_token IS NOT old.bcc_token OR new.is_bcc_verified <> old.is_bcc_verified BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT id, new.id FROM thread WHERE id = new.thread_id
        ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
CREATE TRIGGER email_joins_another_thread AFTER UPDATE OF thread_id ON email WHEN new.thread_id <> old.thread_id BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT id, 0 FROM thread WHERE id IN (old.thread_id, new.thread_id)
        ON CONFLICT DO UPDATE SET email_id = 0;
END;
-- What was said because of a choice holds no longer when undo takes the choice back.
CREATE TRIGGER item_link_goes AFTER DELETE ON item_link WHEN old.slot = 'item' BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT t.id, 0 FROM thread t
        JOIN link_decision d ON d.thread_id = t.id WHERE t.id = old.thread_id
        AND d.reason IN ('already_linked', 'already_linked_closed', 'manually_unlinked')
        ON CONFLICT DO UPDATE SET email_id = 0;
END;
-- Whether the rules look at what lies in a mailbox.
CREATE VIEW judged_mailbox AS
    SELECT id, coalesce(role, '') NOT IN ('drafts', 'junk', 'trash') AS is_judged FROM mailbox;
CREATE TRIGGER placement_comes AFTER INSERT ON placement WHEN EXISTS (
    SELECT 1 FROM placement p JOIN judged_mailbox a ON a.id = p.mailbox_id JOIN judged_mailbox b ON b.id = new.mailbox_id
    WHERE p.email_id = new.email_id AND a.is_judged <> b.is_judged
) BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT t.id, e.id FROM email e JOIN thread t ON t.id = e.thread_id
        WHERE e.id = new.email_id ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
CREATE TRIGGER placement_goes AFTER DELETE ON placement WHEN EXISTS (
    SELECT 1 FROM placement p JOIN judged_mailbox a ON a.id = p.mailbox_id JOIN judged_mailbox b ON b.id = old.mailbox_id
    WHERE p.email_id = old.email_id AND a.is_judged <> b.is_judged
) BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT t.id, e.id FROM email e JOIN thread t ON t.id = e.thread_id
        WHERE e.id = old.email_id ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
CREATE TRIGGER placement_moves AFTER UPDATE OF mailbox_id ON placement WHEN new.mailbox_id <> old.mailbox_id AND EXISTS (
    SELECT 1 FROM judged_mailbox a JOIN judged_mailbox b ON b.id = new.mailbox_id
    WHERE a.id = old.mailbox_id AND a.is_judged <> b.is_judged
) BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT t.id, e.id FROM email e JOIN thread t ON t.id = e.thread_id
        WHERE e.id = new.email_id ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
CREATE TRIGGER mailbox_is_for_something_else AFTER UPDATE OF role ON mailbox WHEN new.role IS NOT old.role AND
    (coalesce(new.role, '') IN ('drafts', 'junk', 'trash')) <> (coalesce(old.role, '') IN ('drafts', 'junk', 'trash')) BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT e.thread_id, min(e.id) FROM placement p
        JOIN email e ON e.id = p.email_id JOIN thread t ON t.id = e.thread_id
        WHERE p.mailbox_id = new.id GROUP BY e.thread_id
        ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
-- Whom nobody wants judged any more, or again: what is not linked of their mail is looked at anew.
CREATE TRIGGER address_is_blocked AFTER INSERT ON crm_exception WHEN new.effect = 'block' BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT DISTINCT t.id, 0 FROM address a
        JOIN participant p ON p.address_id = a.id JOIN email e ON e.id = p.email_id
        JOIN thread t ON t.id = e.thread_id AND t.item_id IS NULL
        WHERE a.email = new.pattern OR substr(new.pattern, 1, 1) = '@'
        AND (a.email LIKE '%' || new.pattern OR a.email LIKE '%@%.' || substr(new.pattern, 2))
        ON CONFLICT DO UPDATE SET email_id = 0;
END;
CREATE TRIGGER address_is_free AFTER DELETE ON crm_exception WHEN old.effect = 'block' BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT DISTINCT t.id, 0 FROM address a
        JOIN participant p ON p.address_id = a.id JOIN email e ON e.id = p.email_id
        JOIN thread t ON t.id = e.thread_id AND t.item_id IS NULL
        WHERE a.email = old.pattern OR substr(old.pattern, 1, 1) = '@'
        AND (a.email LIKE '%' || old.pattern OR a.email LIKE '%@%.' || substr(old.pattern, 2))
        ON CONFLICT DO UPDATE SET email_id = 0;
END;
CREATE TRIGGER address_is_blocked_or_free AFTER UPDATE OF deleted_at ON crm_exception WHEN new.effect = 'block' BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT DISTINCT t.id, 0 FROM address a
        JOIN participant p ON p.address_id = a.id JOIN email e ON e.id = p.email_id
        JOIN thread t ON t.id = e.thread_id AND t.item_id IS NULL
        WHERE a.email = new.pattern OR substr(new.pattern, 1, 1) = '@'
        AND (a.email LIKE '%' || new.pattern OR a.email LIKE '%@%.' || substr(new.pattern, 2))
        ON CONFLICT DO UPDATE SET email_id = 0;
END;

-- What an export knew of a link beside its item; empty item_kind and item_id: unlinked by hand.
ALTER TABLE awaited_link ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE awaited_link ADD COLUMN by_user TEXT NOT NULL DEFAULT '';
ALTER TABLE awaited_link ADD COLUMN at INTEGER;
ALTER TABLE awaited_link ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE awaited_link ADD COLUMN conversation TEXT NOT NULL DEFAULT '';    -- uuid of the conversation where it was exported

-- The words that items have, for words that are misspelt.
CREATE VIRTUAL TABLE item_word USING fts5vocab (item_text, row);
