-- Times are microseconds since 1970, ids the 16 bytes of their UUID, JSON is compact text.

CREATE TABLE project (
    pk          INTEGER PRIMARY KEY,
    id          BLOB    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    description TEXT,
    metadata    TEXT,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT;
CREATE INDEX project_by_creation ON project (created_at, id);
CREATE INDEX project_by_update ON project (updated_at, id);
CREATE INDEX project_by_name ON project (name, id);

-- What every write to a project touches, apart from its long texts.
-- The four counters are the rows of each type, expired ones that are not swept yet among them.
CREATE TABLE project_state (
    project      INTEGER PRIMARY KEY,
    archived     INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    errors       INTEGER NOT NULL,
    solutions    INTEGER NOT NULL,
    contexts     INTEGER NOT NULL,
    dependencies INTEGER NOT NULL,
    messages     INTEGER NOT NULL
) STRICT;

CREATE TABLE item (
    pk         INTEGER PRIMARY KEY,
    project    INTEGER NOT NULL,
    type       INTEGER NOT NULL,
    key        TEXT    NOT NULL,
    timestamp  INTEGER NOT NULL,
    expires_at INTEGER,
    session_id TEXT,
    version    INTEGER NOT NULL,
    ttl        INTEGER,
    importance REAL,
    value      TEXT    NOT NULL,
    metadata   TEXT
) STRICT;
CREATE UNIQUE INDEX item_by_name ON item (project, type, key);
-- Holds all that a filter asks for, so that a list and its total read no other row.
CREATE INDEX item_by_time ON item (project, timestamp, type, key, expires_at, session_id);
CREATE INDEX item_expiry_in_project ON item (project, expires_at, type) WHERE expires_at IS NOT NULL;
CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE message (
    pk         INTEGER PRIMARY KEY,
    project    INTEGER NOT NULL,
    id         BLOB    NOT NULL,
    timestamp  INTEGER NOT NULL,
    role       INTEGER NOT NULL,
    session_id TEXT,
    version    INTEGER NOT NULL,
    content    TEXT    NOT NULL,
    metadata   TEXT
) STRICT;
CREATE UNIQUE INDEX message_by_id ON message (project, id);
CREATE INDEX message_by_time ON message (project, timestamp, id, role, session_id);

CREATE TABLE once (
    scope       BLOB    PRIMARY KEY,
    fingerprint BLOB    NOT NULL,
    stamp_id    BLOB    NOT NULL,
    stamp_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    outcome     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX once_expiry ON once (expires_at);
