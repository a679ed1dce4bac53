-- What came after linking: what is kept of what nobody saved yet.

-- A form that is being filled in, or was when the terminal went: offered again where it is opened next.
CREATE TABLE unsaved_form (
    form TEXT PRIMARY KEY,                       -- what it is a form of: "edit deal:<uuid>", "new lead of conversation 12"
    content TEXT NOT NULL,                       -- JSON: the fields that were changed, by their names
    at INTEGER NOT NULL
) WITHOUT ROWID;

-- The last import: while it is being written, short transactions carry its plan out (a file beside the store), and one
-- that was cut off is carried on; afterwards the plan can still take all of it back.
CREATE TABLE import_run (
    id TEXT PRIMARY KEY,                         -- what the plan bears, too
    file TEXT NOT NULL,                          -- what is brought in, for people
    state TEXT NOT NULL,                         -- writing | taking_back | done | lost: cut off, and nobody knows of what
    steps INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,             -- so many of them are in the store
    at INTEGER NOT NULL
) WITHOUT ROWID;

-- What an export knew of conversations beside their item, for mail that is not here yet.
CREATE TABLE awaited_choice (
    message_id TEXT NOT NULL,
    what TEXT NOT NULL,                          -- person | main_person | main_org | visibility
    email TEXT NOT NULL DEFAULT '',              -- of a person: the address that is theirs in this conversation
    value TEXT NOT NULL,                         -- id of a person or organization, empty: nobody; or a visibility
    by_user TEXT NOT NULL DEFAULT '',
    at INTEGER,
    conversation TEXT NOT NULL DEFAULT '',       -- uuid of the conversation where it was exported
    PRIMARY KEY (message_id, what, email)
) WITHOUT ROWID;

-- As in 0004, found out sooner: nearly every message that comes lies in one mailbox.
DROP TRIGGER placement_comes;
CREATE TRIGGER placement_comes AFTER INSERT ON placement WHEN EXISTS (
    SELECT 1 FROM placement p WHERE p.email_id = new.email_id AND p.mailbox_id <> new.mailbox_id AND
    (SELECT is_judged FROM judged_mailbox WHERE id = p.mailbox_id) <>
    (SELECT is_judged FROM judged_mailbox WHERE id = new.mailbox_id)
) BEGIN
    INSERT INTO link_due (thread_id, email_id) SELECT t.id, e.id FROM email e JOIN thread t ON t.id = e.thread_id
        WHERE e.id = new.email_id ON CONFLICT DO UPDATE SET email_id = min(email_id, excluded.email_id);
END;
-- So many octets of words are gathered before they are written: those of 1,000 messages make one segment.
INSERT INTO email_text (email_text, rank) VALUES ('hashsize', 4194304);

-- Everything the board counts, in its order, so that thousands of deals are summed up without reading their rows.
CREATE INDEX deal_open ON deal (
    coalesce(stage_changed_at, created_at) DESC, id, stage_id, pipeline_id, value, currency, probability, owner_id,
    deleted_at, status, archived_at, stage_changed_at, created_at
) WHERE deleted_at IS NULL AND status = 'open' AND archived_at IS NULL;
