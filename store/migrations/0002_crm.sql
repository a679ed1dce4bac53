-- What conversations are about. Field names follow Pipedrive's, see docs/architecture.md.
-- Keys are uuids, because these rows may be shared one day. Times are whole seconds since 1970 UTC, dates are
-- YYYY-MM-DD, money is decimal text beside its currency. deleted_at hides a row; rev counts its changes.

CREATE TABLE workspace_user (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,                         -- normalised
    aliases TEXT NOT NULL DEFAULT '',            -- further addresses, normalised, space separated
    is_admin INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT 1,
    team TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX workspace_user_email ON workspace_user (email);

CREATE TABLE organization (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    owner_id TEXT NOT NULL DEFAULT '',
    visible_to TEXT NOT NULL DEFAULT 'company',  -- owner | team | company
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE TABLE organization_domain (
    organization_id TEXT NOT NULL REFERENCES organization(id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    PRIMARY KEY (domain, organization_id)
) WITHOUT ROWID;
CREATE INDEX organization_domain_organization ON organization_domain (organization_id);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',              -- what they do: "Head of purchasing"
    org_id TEXT,
    owner_id TEXT NOT NULL DEFAULT '',
    visible_to TEXT NOT NULL DEFAULT 'company',
    time_zone TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX person_org ON person (org_id) WHERE org_id IS NOT NULL;
CREATE TABLE person_email (
    person_id TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    email TEXT NOT NULL,                         -- normalised
    label TEXT NOT NULL DEFAULT '',
    is_primary INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'ok',           -- ok | bounced | opted_out
    PRIMARY KEY (email, person_id)
) WITHOUT ROWID;
CREATE INDEX person_email_person ON person_email (person_id);
CREATE TABLE person_phone (
    person_id TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    phone TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    is_primary INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (person_id, phone)
) WITHOUT ROWID;

CREATE TABLE pipeline (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE TABLE stage (
    id TEXT PRIMARY KEY,
    pipeline_id TEXT NOT NULL REFERENCES pipeline(id),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,                   -- counted from 1
    probability INTEGER,                         -- percent
    rotten_days INTEGER,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX stage_pipeline ON stage (pipeline_id, position);

CREATE TABLE lead (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    person_id TEXT,
    org_id TEXT,
    value TEXT,
    currency TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'open',         -- open | converted | archived
    converted_deal_id TEXT,
    expected_close TEXT,
    closed_at INTEGER,
    owner_id TEXT NOT NULL DEFAULT '',
    visible_to TEXT NOT NULL DEFAULT 'company',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX lead_person ON lead (person_id, created_at) WHERE person_id IS NOT NULL;
CREATE INDEX lead_org ON lead (org_id, created_at) WHERE org_id IS NOT NULL;

CREATE TABLE deal (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    person_id TEXT,
    org_id TEXT,
    pipeline_id TEXT,
    stage_id TEXT,
    value TEXT,
    currency TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'open',         -- open | won | lost
    lost_reason TEXT NOT NULL DEFAULT '',
    probability INTEGER,
    expected_close TEXT,
    won_at INTEGER,
    lost_at INTEGER,
    stage_changed_at INTEGER,
    archived_at INTEGER,
    source_lead_id TEXT,
    bcc_token TEXT NOT NULL DEFAULT '',
    owner_id TEXT NOT NULL DEFAULT '',
    visible_to TEXT NOT NULL DEFAULT 'company',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX deal_person ON deal (person_id, created_at) WHERE person_id IS NOT NULL;
CREATE INDEX deal_org ON deal (org_id, created_at) WHERE org_id IS NOT NULL;
CREATE TABLE deal_participant (
    deal_id TEXT NOT NULL REFERENCES deal(id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    PRIMARY KEY (person_id, deal_id)
) WITHOUT ROWID;
CREATE INDEX deal_participant_deal ON deal_participant (deal_id);

CREATE TABLE product (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL DEFAULT '',
    price TEXT,
    currency TEXT NOT NULL DEFAULT '',
    tax TEXT,                                    -- percent
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE TABLE deal_product (
    deal_id TEXT NOT NULL REFERENCES deal(id) ON DELETE CASCADE,
    product_id TEXT NOT NULL REFERENCES product(id),
    quantity TEXT NOT NULL DEFAULT '1',
    price TEXT,
    discount TEXT,
    tax TEXT,
    PRIMARY KEY (deal_id, product_id)
) WITHOUT ROWID;

CREATE TABLE phase (
    id TEXT PRIMARY KEY,
    board TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE TABLE project (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    person_id TEXT,
    org_id TEXT,
    phase_id TEXT,
    value TEXT,
    currency TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'open',         -- open | completed | canceled
    start_date TEXT,
    end_date TEXT,
    closed_at INTEGER,
    archived_at INTEGER,
    owner_id TEXT NOT NULL DEFAULT '',
    visible_to TEXT NOT NULL DEFAULT 'company',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX project_person ON project (person_id, created_at) WHERE person_id IS NOT NULL;
CREATE INDEX project_org ON project (org_id, created_at) WHERE org_id IS NOT NULL;

CREATE TABLE activity (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL DEFAULT 'task',           -- email | call | meeting | task | deadline, or a word of the CRM it came from
    subject TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    due_at INTEGER,
    duration_min INTEGER,
    done_at INTEGER,
    entered_at INTEGER NOT NULL,
    responsible_id TEXT NOT NULL DEFAULT '',
    deal_id TEXT, lead_id TEXT, project_id TEXT, person_id TEXT, org_id TEXT,
    source_email_id INTEGER,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX activity_deal ON activity (deal_id, due_at) WHERE deal_id IS NOT NULL;
CREATE INDEX activity_lead ON activity (lead_id, due_at) WHERE lead_id IS NOT NULL;
CREATE INDEX activity_project ON activity (project_id, due_at) WHERE project_id IS NOT NULL;
CREATE INDEX activity_person ON activity (person_id, due_at) WHERE person_id IS NOT NULL;

CREATE INDEX activity_org ON activity (org_id, due_at) WHERE org_id IS NOT NULL;

CREATE TABLE note (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    is_pinned INTEGER NOT NULL DEFAULT 0,
    deal_id TEXT, lead_id TEXT, project_id TEXT, person_id TEXT, org_id TEXT,
    author_id TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX note_deal ON note (deal_id, created_at) WHERE deal_id IS NOT NULL;
CREATE INDEX note_lead ON note (lead_id, created_at) WHERE lead_id IS NOT NULL;
CREATE INDEX note_project ON note (project_id, created_at) WHERE project_id IS NOT NULL;
CREATE INDEX note_person ON note (person_id, created_at) WHERE person_id IS NOT NULL;

CREATE TABLE label (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
    rev INTEGER NOT NULL DEFAULT 1, deleted_at INTEGER
) WITHOUT ROWID;
CREATE TABLE item_label (
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    label_id TEXT NOT NULL REFERENCES label(id) ON DELETE CASCADE,
    PRIMARY KEY (item_kind, item_id, label_id)
) WITHOUT ROWID;
CREATE TABLE item_follower (
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES workspace_user(id) ON DELETE CASCADE,
    PRIMARY KEY (item_kind, item_id, user_id)
) WITHOUT ROWID;

-- The key allows one deal, lead or project per conversation. NULL item: unlinked by hand, so no rule fills it again.
CREATE TABLE item_link (
    thread_id INTEGER NOT NULL REFERENCES thread(id) ON DELETE CASCADE,
    slot TEXT NOT NULL,                          -- item | main_person | main_org
    uuid TEXT NOT NULL UNIQUE,
    item_kind TEXT,                              -- deal | lead | project | person | organization
    item_id TEXT,
    origin TEXT NOT NULL,                        -- auto | manual | compose | bcc | conversion | import
    by_user TEXT NOT NULL DEFAULT '',            -- uuid of the workspace user; empty: this screen's user
    at INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (thread_id, slot)
) WITHOUT ROWID;
CREATE INDEX item_link_item ON item_link (item_kind, item_id, thread_id) WHERE item_id IS NOT NULL;

CREATE TABLE awaited_link (                      -- links brought in for conversations whose mail is not here yet
    message_id TEXT PRIMARY KEY,
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL
) WITHOUT ROWID;

-- Where a row came from, so that importing twice changes nothing.
CREATE TABLE external_ref (
    system TEXT NOT NULL,                        -- csv | vcard
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    local_id TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (system, kind, external_id)
) WITHOUT ROWID;
CREATE INDEX external_ref_local ON external_ref (kind, local_id);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    by_user TEXT NOT NULL DEFAULT '',
    what TEXT NOT NULL,                          -- link | unlink | import
    object TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT '{}'           -- JSON
);

-- What the link picker looks in: every item, by its folded words. The number orders them, so that a word which many
-- items have costs no more than a rare one: (2 open, 1 person or organization, 0 closed), created_at, 20 bits to tell apart.
CREATE TABLE item_index (
    number INTEGER PRIMARY KEY,
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    words TEXT NOT NULL,                         -- folded by mail.folding.fold
    UNIQUE (item_kind, item_id)
);
CREATE VIRTUAL TABLE item_text USING fts5 (
    words, content='item_index', content_rowid='number', tokenize="unicode61 remove_diacritics 0", prefix='1 2 3'
);
CREATE TRIGGER item_index_insert AFTER INSERT ON item_index BEGIN
    INSERT INTO item_text (rowid, words) VALUES (new.number, new.words);
END;
CREATE TRIGGER item_index_delete AFTER DELETE ON item_index BEGIN
    INSERT INTO item_text (item_text, rowid, words) VALUES ('delete', old.number, old.words);
END;
CREATE TRIGGER item_index_update AFTER UPDATE OF words ON item_index BEGIN
    INSERT INTO item_text (item_text, rowid, words) VALUES ('delete', old.number, old.words);
    INSERT INTO item_text (rowid, words) VALUES (new.number, new.words);
END;

INSERT INTO pipeline (id, name, position, created_at, updated_at)
    VALUES ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01', 'Sales', 1, 0, 0);
INSERT INTO stage (id, pipeline_id, name, position, probability, created_at, updated_at) VALUES
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b01', '1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01', 'Qualified', 1, 10, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b02', '1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01', 'Contact made', 2, 25, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b03', '1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01', 'Demo', 3, 45, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b04', '1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01', 'Proposal', 4, 65, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b05', '1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01', 'Negotiation', 5, 85, 0, 0);
INSERT INTO phase (id, name, position, created_at, updated_at) VALUES
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1c01', 'Kick-off', 1, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1c02', 'Planning', 2, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1c03', 'Implementation', 3, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1c04', 'Review', 4, 0, 0),
    ('1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1c05', 'Completed', 5, 0, 0);
