-- The vault: small records that belong to no project.
CREATE TABLE record (
    shelf      TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (shelf, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;

-- One row: the last version that a record was given, and the revision.
CREATE TABLE vault (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO vault VALUES (1, 0, 0);
