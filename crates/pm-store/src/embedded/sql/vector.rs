//! The vectors of items. Nothing here reads the long columns of an item: what is asked for stands before them in its row.

use pm_core::model::{Key, MemoryType, ProjectId};
use pm_core::ports::{ItemVector, ModelTag};
use rusqlite::{Connection, params};

use super::super::fault::Result;
use super::super::job::Write;
use super::item::name;
use super::query::{all, execute, first, rows};
use super::state::State;

const PUT: &str = "INSERT INTO vector (item, model, version, bytes) SELECT pk, ?1, version, ?2 FROM item \
     WHERE project = ?3 AND type = ?4 AND key = ?5 AND version = ?6 AND (expires_at IS NULL OR expires_at > ?7) \
     ON CONFLICT (item) DO UPDATE SET model = excluded.model, version = excluded.version, bytes = excluded.bytes";

const FIND: &str = "SELECT vector.bytes FROM item CROSS JOIN vector ON vector.item = item.pk \
     WHERE item.project = (SELECT pk FROM project WHERE id = ?1) AND item.type = ?2 AND item.key = ?3 \
     AND (item.expires_at IS NULL OR item.expires_at > ?4) AND vector.version = item.version AND vector.model = ?5";

const SCAN: &str = "SELECT item.type, item.key, vector.bytes FROM item INDEXED BY item_by_name \
     CROSS JOIN vector ON vector.item = item.pk WHERE item.project = ?1 AND (item.type, item.key) > (?2, ?3) \
     AND (item.expires_at IS NULL OR item.expires_at > ?4) AND vector.version = item.version AND vector.model = ?5 \
     ORDER BY item.type, item.key LIMIT ?6";

const BARE: &str = "SELECT type, key FROM item INDEXED BY item_by_name WHERE project = ?1 AND (type, key) > (?2, ?3) \
     AND (expires_at IS NULL OR expires_at > ?4) AND NOT EXISTS (SELECT 1 FROM vector \
     WHERE vector.item = item.pk AND vector.version = item.version AND vector.model = ?5) \
     ORDER BY type, key LIMIT ?6";

/// See `Store::put_vectors`.
pub(in super::super) fn put(
    write: &mut Write<'_>,
    id: ProjectId,
    model: ModelTag,
    vectors: &[ItemVector],
) -> Result<()> {
    let connection = write.connection;
    let project = State::of(connection, id)?.project;
    for ItemVector { r#type, key, version, bytes } in vectors {
        let item = params![
            model.0.cast_signed(),
            bytes,
            project,
            r#type.rank(),
            key.as_str(),
            version.0.cast_signed(),
            write.now
        ];
        execute(connection, PUT, item)?;
    }
    Ok(())
}

/// See `Store::vectors`.
pub(in super::super) fn find_all(
    connection: &Connection,
    now: i64,
    project: ProjectId,
    model: ModelTag,
    names: &[(MemoryType, Key)],
) -> Result<Vec<Option<Vec<u8>>>> {
    let id = project.uuid().into_bytes();
    let find = |(r#type, key): &(MemoryType, Key)| {
        let values = params![id, r#type.rank(), key.as_str(), now, model.0.cast_signed()];
        first(connection, FIND, values, |row| Ok(row.get(0)?))
    };
    names.iter().map(find).collect()
}

/// See `Store::scan_vectors`.
pub(in super::super) fn scan(
    connection: &Connection,
    now: i64,
    id: ProjectId,
    model: ModelTag,
    after: Option<&(MemoryType, Key)>,
    limit: usize,
) -> Result<Vec<(MemoryType, Key, Vec<u8>)>> {
    let project = State::of(connection, id)?.project;
    let (rank, key) = start(after);
    let values = params![project, rank, key, now, model.0.cast_signed(), rows(limit)];
    all(connection, SCAN, values, |row| {
        let (r#type, key) = name(row)?;
        Ok((r#type, key, row.get(2)?))
    })
}

/// See `Store::scan_unembedded`.
pub(in super::super) fn scan_bare(
    connection: &Connection,
    now: i64,
    id: ProjectId,
    model: ModelTag,
    after: Option<&(MemoryType, Key)>,
    limit: usize,
) -> Result<Vec<(MemoryType, Key)>> {
    let project = State::of(connection, id)?.project;
    let (rank, key) = start(after);
    let values = params![project, rank, key, now, model.0.cast_signed(), rows(limit)];
    all(connection, BARE, values, name)
}

/// Removes the vectors of all items of a project, in the order in which they lie: with the items, which go by name, each
/// page would be fetched and written many times.
pub(super) fn clear(connection: &Connection, project: i64) -> Result<()> {
    const CLEAR: &str = "DELETE FROM vector WHERE item IN (SELECT pk FROM item WHERE project = ?1)";
    execute(connection, CLEAR, [project])?;
    Ok(())
}

/// Where a walk goes on. No key is empty, so that the empty one of the first type comes before all.
fn start(after: Option<&(MemoryType, Key)>) -> (u8, &str) {
    after.map_or((0, ""), |(r#type, key)| (r#type.rank(), key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::super::schema;
    use super::*;

    /// What `SQLite` says of how it would go about it, line by line.
    fn plan(connection: &Connection, sql: &str) -> Vec<String> {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = vec![0; statement.parameter_count()];
        let lines = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
        lines.map(|line| line.unwrap()).collect()
    }

    #[test]
    fn indexes_answer_without_a_scan_or_a_sort() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let by_name = "USING INDEX item_by_name (project=? AND type";
        for (sql, vector) in [(PUT, false), (FIND, true), (SCAN, true), (BARE, true)] {
            let plan = plan(&connection, sql);
            let looks = |what: &str| plan.iter().any(|line| line.contains(what));
            assert!(looks(by_name) || looks("item_by_name (project=?"), "{sql}: {plan:?}");
            assert_eq!(looks("SEARCH vector USING INTEGER PRIMARY KEY (rowid=?)"), vector, "{sql}: {plan:?}");
            assert!(
                !looks("TEMP B-TREE") && !plan.iter().any(|line| line.starts_with("SCAN ")),
                "{sql}: {plan:?}"
            );
        }
    }
}
