-- Accounts on servers: mail known by its header first, what is fetched apart, what is written and sent.

ALTER TABLE email ADD COLUMN is_header_only INTEGER NOT NULL DEFAULT 0;  -- its body is still to be fetched
ALTER TABLE email ADD COLUMN bounce TEXT;            -- JSON of mail.dsn.Bounce, when it reports what became of another message
CREATE INDEX email_header_only ON email (account_id, id) WHERE is_header_only;

ALTER TABLE mailbox ADD COLUMN told_role TEXT;       -- what the account says, '' for none, while the user chose otherwise

CREATE TABLE body_wish (                             -- bodies somebody waits for, and bodies that could not be fetched
    email_id INTEGER PRIMARY KEY REFERENCES email(id) ON DELETE CASCADE,
    wanted_at INTEGER,                               -- since when the screen waits; NULL: nobody does
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''                  -- for the user: why the last attempt failed
);
CREATE INDEX body_wish_wanted ON body_wish (wanted_at) WHERE wanted_at IS NOT NULL;

CREATE TABLE fetched_part (                          -- a decoded part, or with part '' the message as it came, in a file of ours
    email_id INTEGER NOT NULL REFERENCES email(id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    state TEXT NOT NULL,                             -- wanted | there | failed
    file TEXT NOT NULL DEFAULT '',                   -- below parts/ in the data directory
    size_octets INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    wanted_at INTEGER NOT NULL,
    PRIMARY KEY (email_id, part)
) WITHOUT ROWID;
CREATE INDEX fetched_part_wanted ON fetched_part (wanted_at) WHERE state = 'wanted';

CREATE TABLE mailbox_choice (                        -- by key, so that it outlives a mailbox that goes and comes back
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    is_synced INTEGER NOT NULL DEFAULT 1,
    since_days INTEGER NOT NULL DEFAULT 0,           -- 0: all mail
    role TEXT,                                       -- instead of what the account says
    chosen_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) WITHOUT ROWID;

CREATE TABLE identity (                              -- who one can be when writing: the account's address is one without a row
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL,
    signature TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, email)
);

-- What is being written. The content is the journal: the screen writes it within 2 s of a key.
CREATE TABLE draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account(id),
    state TEXT NOT NULL DEFAULT 'writing',           -- writing | sending | sent | discarded
    content TEXT NOT NULL,                           -- JSON of mail.drafts.Draft
    message_id TEXT NOT NULL,                        -- the same for every copy of it in Drafts; what is sent gets its own
    revision INTEGER NOT NULL DEFAULT 0,             -- grows with every write of the content
    saved_revision INTEGER NOT NULL DEFAULT 0,       -- what the copy in the Drafts mailbox says
    email_id INTEGER,                                -- that copy
    about_email_id INTEGER,                          -- the message answered or forwarded
    item_kind TEXT,                                  -- the deal, lead or project it was begun from
    item_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX draft_open ON draft (updated_at) WHERE state = 'writing';
CREATE INDEX draft_email ON draft (email_id) WHERE email_id IS NOT NULL;

-- One message on its way out. `octets` are frozen before the first of them is sent, and never change.
CREATE TABLE submission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account(id),
    draft_id INTEGER REFERENCES draft(id),
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,                            -- the envelope's
    recipients TEXT NOT NULL,                        -- JSON: those that no server has taken yet
    taken TEXT NOT NULL DEFAULT '[]',                -- JSON: those that a server has taken
    refused TEXT NOT NULL DEFAULT '{}',              -- JSON: address to the server's words
    octets BLOB NOT NULL,                            -- zlib; what is sent, without Bcc
    bcc TEXT NOT NULL DEFAULT '',                    -- the header field for our own copy
    state TEXT NOT NULL DEFAULT 'queued',            -- queued | submitting | accepted | filed | unknown | rejected | cancelled
    attempts INTEGER NOT NULL DEFAULT 0,             -- committed before the network is touched
    not_before INTEGER NOT NULL,                     -- by the clock on the wall
    held_until TEXT,                                 -- the same on a clock nobody sets, while a delay runs: store.boot_clock
    looks INTEGER NOT NULL DEFAULT 0,                -- how often it was looked for in the account since it was sent
    error TEXT NOT NULL DEFAULT '',
    email_id INTEGER,                                -- the copy in Sent
    is_own_copy INTEGER NOT NULL DEFAULT 0,          -- that copy was given to the account by us; it may file another one
    created_at INTEGER NOT NULL,
    submitted_at INTEGER,
    finished_at INTEGER
);
CREATE INDEX submission_open ON submission (account_id, not_before) WHERE state IN ('queued', 'submitting', 'accepted', 'unknown');
CREATE INDEX submission_own_copy ON submission (account_id, finished_at) WHERE is_own_copy;
CREATE INDEX submission_message_id ON submission (account_id, message_id);

CREATE TABLE bounce_about (                          -- which message a report is about
    email_id INTEGER NOT NULL REFERENCES email(id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    PRIMARY KEY (message_id, email_id)
) WITHOUT ROWID;
CREATE INDEX bounce_about_email ON bounce_about (email_id);

CREATE TABLE local_copy (                            -- a message of our own making that the account does not have yet
    email_id INTEGER PRIMARY KEY REFERENCES email(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,                              -- draft | sent
    replaces TEXT                                    -- the account's key of the message it takes the place of
);
