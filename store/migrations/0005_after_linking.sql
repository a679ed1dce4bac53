-- What came after linking: what is kept of what nobody saved yet.

-- A form that is being filled in, or was when the terminal went: offered again where it is opened next.
CREATE TABLE unsaved_form (
    form TEXT PRIMARY KEY,                       -- what it is a form of: "edit deal:<uuid>", "new lead of conversation 12"
    content TEXT NOT NULL,                       -- JSON: the fields that were changed, by their names
    at INTEGER NOT NULL
) WITHOUT ROWID;
