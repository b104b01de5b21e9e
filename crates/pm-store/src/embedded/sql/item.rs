//! Single items, and all items of a project.

use pm_core::model::{Key, MemoryItem, MemoryType, Precondition, ProjectId, SessionId, Version, Versioned};
use pm_core::ports::Change;
use rusqlite::{Connection, Row, params};

use super::super::fault::{Fault, Result};
use super::super::job::Write;
use super::query::{all, execute, first, json, rows, time, unsigned};
use super::state::State;
use super::vector;

/// The columns that [`read`] reads, of `item`.
pub(super) const COLUMNS: &str =
    "type, key, value, timestamp, ttl, expires_at, session_id, metadata, importance, version";

/// An item of this project, from [`COLUMNS`].
pub(super) fn read(project_id: ProjectId, row: &Row<'_>) -> Result<Versioned<MemoryItem>> {
    let (r#type, key) = name(row)?;
    let session_id = row.get_ref(6)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let value = MemoryItem {
        project_id,
        r#type,
        key,
        value: json(row.get(2)?)?,
        timestamp: time(row.get(3)?)?,
        ttl: row.get::<_, Option<i64>>(4)?.map(unsigned),
        expires_at: row.get::<_, Option<i64>>(5)?.map(time).transpose()?,
        session_id: session_id.map(SessionId::stored),
        metadata: row.get::<_, Option<String>>(7)?.map(json).transpose()?,
        importance: row.get(8)?,
    };
    Ok(Versioned { value, version: Version(unsigned(row.get(9)?)) })
}

/// Type and key, from the first two columns.
pub(super) fn name(row: &Row<'_>) -> Result<(MemoryType, Key)> {
    let key = Key::stored(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
    Ok((memory_type(row.get(0)?)?, key))
}

/// The type of a rank that was stored.
pub(super) fn memory_type(rank: u8) -> Result<MemoryType> {
    MemoryType::from_rank(rank).ok_or_else(|| Fault::internal(format!("no memory type has the rank {rank}")))
}

/// See `Store::item` and `Store::items`.
pub(in super::super) fn find_all(
    connection: &Connection,
    now: i64,
    project: ProjectId,
    names: &[(MemoryType, Key)],
) -> Result<Vec<Option<Versioned<MemoryItem>>>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM item WHERE project = (SELECT pk FROM project WHERE id = ?1) \
         AND type = ?2 AND key = ?3 AND (expires_at IS NULL OR expires_at > ?4)"
    );
    let id = project.uuid();
    let find = |(r#type, key): &(MemoryType, Key)| {
        let values = params![id.into_bytes(), r#type.rank(), key.as_str(), now];
        first(connection, &sql, values, |row| read(project, row))
    };
    names.iter().map(find).collect()
}

/// See `Store::delete_items`. What has expired is left to the sweep.
pub(in super::super) fn delete(
    write: &mut Write<'_>,
    id: ProjectId,
    types: &[MemoryType],
    key: &Key,
    condition: &Precondition,
) -> Result<Vec<MemoryType>> {
    const SELECT: &str = "SELECT pk, version FROM item WHERE project = ?1 AND type = ?2 AND key = ?3 \
         AND (expires_at IS NULL OR expires_at > ?4)";
    let connection = write.connection;
    let mut state = State::writable(connection, id)?;
    let mut deleted = Vec::new();
    for &r#type in types {
        let values = params![state.project, r#type.rank(), key.as_str(), write.now];
        let there = first(connection, SELECT, values, |row| {
            Ok((row.get::<_, i64>(0)?, Version(unsigned(row.get(1)?))))
        })?;
        if types.len() == 1 {
            condition.check(there.map(|(_, version)| version))?;
        }
        let Some((pk, _)) = there else { continue };
        execute(connection, "DELETE FROM item WHERE pk = ?1", [pk])?;
        state.count_items(r#type, -1);
        write.notices.push((id, Change::Removed(r#type, key.clone()).into()));
        deleted.push(r#type);
    }
    if !deleted.is_empty() {
        state.save(connection)?;
    }
    Ok(deleted)
}

/// See `Store::clear_items`.
pub(in super::super) fn clear(write: &mut Write<'_>, id: ProjectId) -> Result<u64> {
    let connection = write.connection;
    let mut state = State::writable(connection, id)?;
    let live = state.live_items(connection, write.now)?;
    vector::clear(connection, state.project)?;
    execute(connection, "DELETE FROM item WHERE project = ?1", [state.project])?;
    state.count_no_items();
    state.save(connection)?;
    write.notices.push((id, Change::Cleared.into()));
    Ok(live.iter().sum())
}

/// See `Store::count_items`.
pub(in super::super) fn count(connection: &Connection, now: i64, id: ProjectId) -> Result<[u64; 4]> {
    State::of(connection, id)?.live_items(connection, now)
}

/// See `Store::scan_items`.
pub(in super::super) fn scan(
    connection: &Connection,
    now: i64,
    id: ProjectId,
    after: Option<&(MemoryType, Key)>,
    limit: usize,
) -> Result<Vec<MemoryItem>> {
    let state = State::of(connection, id)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM item INDEXED BY item_by_name WHERE project = ?1 AND (type, key) > (?2, ?3) \
         AND (expires_at IS NULL OR expires_at > ?4) ORDER BY type, key LIMIT ?5"
    );
    // No key is empty, so that the empty one of the first type comes before all.
    let (rank, key) = after.map_or((0, ""), |(r#type, key)| (r#type.rank(), key.as_str()));
    all(connection, &sql, params![state.project, rank, key, now, rows(limit)], |row| Ok(read(id, row)?.value))
}
