-- The vector of an item, made by a model from one version of it.
CREATE TABLE vector (
    item    INTEGER PRIMARY KEY,
    model   INTEGER NOT NULL,
    version INTEGER NOT NULL,
    bytes   BLOB    NOT NULL
) STRICT;

-- However an item goes, its vector goes with it: its primary key may be given to another item.
CREATE TRIGGER item_takes_its_vector AFTER DELETE ON item BEGIN
    DELETE FROM vector WHERE item = old.pk;
END;
