-- Mail, its places, what is asked of accounts, and what a screen must look at again.
-- Times are whole seconds since 1970 UTC. Truth values are 0 and 1.

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,                          -- maildir
    name TEXT NOT NULL,
    address TEXT NOT NULL,                       -- the owner's address, normalised
    aliases TEXT NOT NULL DEFAULT '[]',          -- JSON list of further addresses of the owner, normalised
    scope TEXT NOT NULL DEFAULT 'personal',      -- personal | team
    owner TEXT NOT NULL DEFAULT '',              -- uuid of the workspace user
    default_visibility TEXT NOT NULL DEFAULT 'private',
    config TEXT NOT NULL DEFAULT '{}',           -- JSON: what the adapter needs to connect; never a secret
    remote_state TEXT,                           -- the adapter's state, committed with the rows it covers
    status TEXT NOT NULL DEFAULT 'connecting',   -- connecting | backfilling | live | waiting | sign_in | error
    status_text TEXT NOT NULL DEFAULT '',        -- for the user: what is wrong and what to do
    progress_done INTEGER NOT NULL DEFAULT 0,    -- messages of the first sync so far
    progress_total INTEGER NOT NULL DEFAULT 0,
    progress_started_at INTEGER,
    synced_at INTEGER,                           -- when the cache last agreed with the account
    answered_requests INTEGER NOT NULL DEFAULT 0, -- how many wishes to sync had been made when that look began
    created_at INTEGER NOT NULL
);

CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id),
    key TEXT,                                    -- the account's name for it; NULL for a view of ours
    name TEXT NOT NULL,                          -- levels separated by "/"
    role TEXT,
    gone_at INTEGER,                             -- when the account stopped having it
    total_threads INTEGER NOT NULL DEFAULT 0,    -- counted with every change, so that a list knows its length at once
    unread_threads INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, key)
);
CREATE UNIQUE INDEX mailbox_view ON mailbox (account_id, role) WHERE key IS NULL;

-- id = received_at << 8 | n: unique, and ordered by the time received. It is also the rowid in email_text.
CREATE TABLE email (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id),
    thread_id INTEGER NOT NULL,
    octets_hash BLOB NOT NULL,
    message_id TEXT,
    refs TEXT NOT NULL DEFAULT '',               -- In-Reply-To and References, space separated
    received_at INTEGER NOT NULL,
    sent_at INTEGER,
    registered_at INTEGER NOT NULL,              -- when it entered this store (mission M101)
    subject TEXT NOT NULL,
    from_name TEXT NOT NULL,
    from_email TEXT NOT NULL,
    preview TEXT NOT NULL,
    size_octets INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,             -- the effective keywords: what the user wants, told or not yet told
    flagged INTEGER NOT NULL DEFAULT 0,
    draft INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    forwarded INTEGER NOT NULL DEFAULT 0,
    is_outgoing INTEGER NOT NULL DEFAULT 0,
    has_attachment INTEGER NOT NULL DEFAULT 0,
    is_bulk INTEGER NOT NULL DEFAULT 0,
    is_auto_reply INTEGER NOT NULL DEFAULT 0,
    list_id TEXT,
    problem TEXT,
    orphaned_at INTEGER                          -- since when it lies nowhere; removed after a grace period
);
CREATE UNIQUE INDEX email_octets_hash ON email (account_id, octets_hash);
CREATE INDEX email_thread ON email (thread_id, received_at);
CREATE INDEX email_message_id ON email (account_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX email_orphan ON email (orphaned_at) WHERE orphaned_at IS NOT NULL;

CREATE TABLE email_body (                        -- zlib of the JSON of mail.types.Body
    email_id INTEGER PRIMARY KEY REFERENCES email(id) ON DELETE CASCADE,
    body BLOB NOT NULL
);
CREATE TABLE email_octets (                      -- only where the account does not keep files we can read
    email_id INTEGER PRIMARY KEY REFERENCES email(id) ON DELETE CASCADE,
    octets BLOB NOT NULL                         -- zlib
);
CREATE TABLE attachment (
    email_id INTEGER NOT NULL REFERENCES email(id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_octets INTEGER NOT NULL,
    is_inline INTEGER NOT NULL,
    content_id TEXT,
    PRIMARY KEY (email_id, part)
) WITHOUT ROWID;
CREATE TABLE address (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,                  -- normalised by mail.addresses.normalise
    name TEXT NOT NULL DEFAULT '',               -- the newest name seen with it
    last_at INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE participant (
    email_id INTEGER NOT NULL REFERENCES email(id) ON DELETE CASCADE,
    role TEXT NOT NULL,                          -- from | sender | reply_to | to | cc | bcc
    position INTEGER NOT NULL,
    address_id INTEGER NOT NULL REFERENCES address(id),
    name TEXT NOT NULL,                          -- as this message spells it
    email TEXT NOT NULL,
    PRIMARY KEY (email_id, role, position)
) WITHOUT ROWID;
CREATE INDEX participant_address ON participant (address_id, email_id);

-- Full text, folded by mail.folding.fold: words and spaces alone, which the plainest tokenizer parts soonest.
-- Contentless: rows are removed with the 'delete' command and the same text.
CREATE VIRTUAL TABLE email_text USING fts5 (subject, people, body, files, content='', tokenize=ascii);
-- More segments before they are merged: a fifth less work for each message, 0.2 ms more for each search.
INSERT INTO email_text (email_text, rank) VALUES ('automerge', 12);
INSERT INTO email_text (email_text, rank) VALUES ('crisismerge', 24);
-- The same of the newest mail alone, for searches by the beginning of a word; see store.recent_text.
CREATE VIRTUAL TABLE email_recent USING fts5 (subject, people, body, files, content='', tokenize=ascii);

-- Where a message lies. mailbox_id is where the user wants it; remote_* is where the account last said it is.
CREATE TABLE placement (
    id INTEGER PRIMARY KEY,
    email_id INTEGER NOT NULL REFERENCES email(id) ON DELETE CASCADE,
    mailbox_id INTEGER NOT NULL REFERENCES mailbox(id),
    remote_mailbox_id INTEGER NOT NULL REFERENCES mailbox(id),
    remote_key TEXT NOT NULL,
    remote_keywords TEXT NOT NULL DEFAULT '',    -- space separated, sorted
    path TEXT,                                   -- the file, when the account keeps files; a hint, it may have been renamed
    is_destroyed INTEGER NOT NULL DEFAULT 0      -- the user deleted it for good; the account may not know yet
);
CREATE UNIQUE INDEX placement_remote ON placement (remote_mailbox_id, remote_key);
CREATE INDEX placement_email ON placement (email_id);
CREATE INDEX placement_mailbox ON placement (mailbox_id, email_id);

CREATE TABLE thread (
    id INTEGER PRIMARY KEY AUTOINCREMENT,        -- never used again: old ids stay in thread_alias and in what people wrote down
    uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account(id),
    owner TEXT NOT NULL DEFAULT '',              -- uuid of the workspace user
    visibility TEXT NOT NULL DEFAULT 'private',  -- private | shared | team
    subject TEXT NOT NULL DEFAULT '',
    participants TEXT NOT NULL DEFAULT '',       -- as a list row shows them, e.g. "Ana, Bob, me"
    preview TEXT NOT NULL DEFAULT '',
    started_at INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER NOT NULL DEFAULT 0,
    last_in_at INTEGER,
    last_out_at INTEGER,
    email_count INTEGER NOT NULL DEFAULT 0,
    unread_count INTEGER NOT NULL DEFAULT 0,
    is_flagged INTEGER NOT NULL DEFAULT 0,
    has_attachment INTEGER NOT NULL DEFAULT 0,
    has_draft INTEGER NOT NULL DEFAULT 0,
    item_kind TEXT,                              -- deal | lead | project: the one slot, copied from item_link for the list
    item_id TEXT
);
CREATE TABLE thread_alias (                      -- a thread that was merged away, so that old ids still lead somewhere
    old_id INTEGER PRIMARY KEY,
    thread_id INTEGER NOT NULL
);
CREATE INDEX thread_alias_thread ON thread_alias (thread_id);
CREATE TABLE thread_ref (                        -- which thread a Message-ID belongs to
    account_id INTEGER NOT NULL,
    ref INTEGER NOT NULL,                        -- first 8 octets of BLAKE2b of the Message-ID, signed
    thread_id INTEGER NOT NULL,                  -- 0: this id was used for different messages and joins nothing
    PRIMARY KEY (account_id, ref)
) WITHOUT ROWID;
CREATE INDEX thread_ref_thread ON thread_ref (thread_id);

-- Which threads a mailbox or view lists, in the order it lists them.
CREATE TABLE mailbox_thread (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox(id),
    at INTEGER NOT NULL,                         -- received_at of the thread's newest message in this mailbox
    thread_id INTEGER NOT NULL,
    is_unread INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, at, thread_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX mailbox_thread_thread ON mailbox_thread (thread_id, mailbox_id);
-- How many threads a list has in each three days, so that a place in a list of a million is not counted row by row.
CREATE TABLE mailbox_span (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
    span INTEGER NOT NULL,                       -- at >> 18
    threads INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, span)
) WITHOUT ROWID;
CREATE TRIGGER mailbox_thread_comes AFTER INSERT ON mailbox_thread BEGIN
    INSERT INTO mailbox_span VALUES (new.mailbox_id, new.at >> 18, 1) ON CONFLICT DO UPDATE SET threads = threads + 1;
END;
CREATE TRIGGER mailbox_thread_goes AFTER DELETE ON mailbox_thread BEGIN
    UPDATE mailbox_span SET threads = threads - 1 WHERE mailbox_id = old.mailbox_id AND span = old.at >> 18;
END;

-- One thing the user did, and how to take it back. An action that was undone and can no longer be redone is dropped.
CREATE TABLE action (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,                         -- for the status line: "Archived 3 conversations"
    done_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'done'           -- done | undone | dropped | final: too late to take back
);
CREATE INDEX action_state ON action (state, id);
CREATE TABLE action_step (                       -- one desired value that changed; undo wants `before` again, redo `after`
    action_id INTEGER NOT NULL REFERENCES action(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    field TEXT NOT NULL,                         -- mailbox | destroyed (of a placement), seen | flagged .. (of an email), item (of a thread)
    subject INTEGER NOT NULL,                    -- id of that placement, email or thread
    before TEXT NOT NULL,                        -- a mailbox id, 0 or 1, or for item the JSON of a slot
    after TEXT NOT NULL,
    PRIMARY KEY (action_id, position)
) WITHOUT ROWID;
CREATE INDEX action_step_subject ON action_step (subject, field, action_id);

-- What an account is still to be asked. Keys are not kept here: they are read from the placement when its turn comes.
CREATE TABLE operation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account(id),
    placement_id INTEGER,                        -- the message it is about
    kind TEXT NOT NULL,                          -- move | set_keywords | destroy | create_mailbox
    target_id INTEGER,                           -- the mailbox a move leads to or create_mailbox makes
    payload TEXT NOT NULL DEFAULT '{}',          -- JSON: {"add": [keyword], "remove": [keyword]} of set_keywords
    state TEXT NOT NULL DEFAULT 'pending',       -- pending | running | done | rejected | cancelled
    attempts INTEGER NOT NULL DEFAULT 0,         -- above 0 it may have been carried out: it is no longer withdrawn
    not_before INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
);
CREATE INDEX operation_open ON operation (account_id, id) WHERE state IN ('pending', 'running');
CREATE INDEX operation_placement ON operation (placement_id, kind) WHERE state IN ('pending', 'running');
CREATE INDEX operation_finished ON operation (finished_at) WHERE finished_at IS NOT NULL;
CREATE VIEW open_operation AS SELECT * FROM operation WHERE state IN ('pending', 'running');

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,                          -- mail | mailboxes | account | items | rejected | settings
    text TEXT NOT NULL DEFAULT '',               -- for the user, when there is something to say
    mailbox_ids TEXT NOT NULL DEFAULT '[]',      -- JSON
    thread_ids TEXT NOT NULL DEFAULT '[]'        -- JSON; empty means any
);
CREATE TABLE unreadable (                        -- messages that could not be fetched or parsed, so that none is tried for ever
    remote_mailbox_id INTEGER NOT NULL,
    remote_key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (remote_mailbox_id, remote_key)
) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('index_version', '1');  -- of mail.search_text, see store.reindexing
INSERT INTO meta (key, value) VALUES ('recent_from', '0');    -- the email id from which on email_recent has all
