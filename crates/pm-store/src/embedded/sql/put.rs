//! Storing items: conditions, limits and eviction.

use std::sync::Arc;

use jiff::Timestamp;
use pm_core::Error;
use pm_core::model::{JsonText, MemoryItem, ProjectId, SessionId, Version};
use pm_core::ports::{Change, ItemLimit, LimitPolicy, PutItems, PutOutcome, Written};
use rusqlite::{Connection, Statement, params};

use super::super::fault::Result;
use super::super::job::Write;
use super::item::name;
use super::once::once;
use super::query::{execute, first, unsigned};
use super::state::State;

/// The row that an item of a write will replace.
#[derive(Clone, Copy, Debug)]
struct Before {
    pk: i64,
    /// `None`: it has expired.
    live: Option<Version>,
}

/// See `Store::put_items`. A plain job.
pub(in super::super) fn put(
    write: &mut Write<'_>,
    id: ProjectId,
    put: PutItems,
) -> Result<Written<PutOutcome>> {
    let PutItems { items, condition, limit, once: record } = put;
    let mut changed = None;
    let written = once(write, record.as_ref(), |write| {
        let connection = write.connection;
        let mut state = write.unsaved.writable(connection, id)?;
        let before = items
            .iter()
            .map(|item| find(connection, write.now, state.project, item))
            .collect::<Result<Vec<_>>>()?;
        if let [before] = before.as_slice() {
            condition.check(before.and_then(|before| before.live))?;
        }
        let mut outcome = PutOutcome::default();
        let room = limit.map_or(Ok(0), |limit| room_needed(write, &state, &items, &before, limit))?;
        if room > 0 || items.len() > 1 || record.is_some() {
            write.begin_several()?;
        }
        if let Some(limit) = limit {
            evict(write, id, &mut state, &before, room, limit, &mut outcome)?;
        }
        outcome.entries.reserve(items.len());
        for (item, before) in items.into_iter().zip(before) {
            let version = state.next_version();
            keep(connection, &mut state, &item, before, version)?;
            outcome.entries.push((before.and_then(|before| before.live).is_none(), version));
            write.notices.push((id, Change::Put(Arc::new(item)).into()));
        }
        if !outcome.entries.is_empty() {
            changed = Some(state);
        }
        Ok((outcome.entries, outcome.evicted))
    })?;
    // Not before all has been written: what is undone must not be counted.
    if let Some(state) = changed {
        write.unsaved.note(id, state);
    }
    let (entries, evicted) = written.outcome;
    Ok(Written { outcome: PutOutcome { entries, evicted }, replay_of: written.replay_of })
}

fn find(connection: &Connection, now: i64, project: i64, item: &MemoryItem) -> Result<Option<Before>> {
    const SELECT: &str =
        "SELECT pk, version, expires_at FROM item WHERE project = ?1 AND type = ?2 AND key = ?3";
    first(connection, SELECT, params![project, item.r#type.rank(), item.key.as_str()], |row| {
        let expired = row.get::<_, Option<i64>>(2)?.is_some_and(|end| end <= now);
        let version = Version(unsigned(row.get(1)?));
        Ok(Before { pk: row.get(0)?, live: (!expired).then_some(version) })
    })
}

/// How many live items must leave for the new ones among `items` to fit.
fn room_needed(
    write: &Write<'_>,
    state: &State,
    items: &[MemoryItem],
    before: &[Option<Before>],
    limit: ItemLimit,
) -> Result<usize> {
    let (mut more, mut fewer) = (0_usize, 0_usize);
    for (item, before) in items.iter().zip(before) {
        let lives = item.expires_at.is_none_or(|end| end.as_microsecond() > write.now);
        let lived = before.and_then(|before| before.live).is_some();
        more += usize::from(lives && !lived);
        fewer += usize::from(lived && !lives);
    }
    if more == 0 {
        return Ok(0);
    }
    let live: u64 = state.live_items(write.connection, write.now)?.iter().sum();
    let live = usize::try_from(live).unwrap_or(usize::MAX);
    Ok((live + more).saturating_sub(fewer).saturating_sub(limit.max))
}

/// Makes room for `room` items.
fn evict(
    write: &mut Write<'_>,
    id: ProjectId,
    state: &mut State,
    before: &[Option<Before>],
    room: usize,
    limit: ItemLimit,
    outcome: &mut PutOutcome,
) -> Result<()> {
    const SELECT: &str = "SELECT type, key, pk FROM item INDEXED BY item_by_time WHERE project = ?1 \
         AND (expires_at IS NULL OR expires_at > ?2) ORDER BY timestamp, type, key";
    let full = Error::MemoryLimitReached { limit: limit.max };
    if room == 0 {
        return Ok(());
    }
    if limit.policy == LimitPolicy::Reject {
        return Err(full.into());
    }
    let mut leaving = Vec::with_capacity(room);
    {
        let mut statement = write.connection.prepare_cached(SELECT)?;
        let mut rows = statement.query(params![state.project, write.now])?;
        while leaving.len() < room {
            let Some(row) = rows.next()? else { return Err(full.into()) };
            let pk: i64 = row.get(2)?;
            if !before.iter().flatten().any(|before| before.pk == pk) {
                leaving.push((pk, name(row)?));
            }
        }
    }
    for (pk, (r#type, key)) in leaving {
        execute(write.connection, "DELETE FROM item WHERE pk = ?1", [pk])?;
        state.count_items(r#type, -1);
        write.notices.push((id, Change::Removed(r#type, key.clone()).into()));
        outcome.evicted.push((r#type, key));
    }
    Ok(())
}

/// Writes the item's row, in place of the one before.
fn keep(
    connection: &Connection,
    state: &mut State,
    item: &MemoryItem,
    before: Option<Before>,
    version: Version,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO item (timestamp, expires_at, session_id, version, ttl, importance, value, \
         metadata, project, type, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    const UPDATE: &str = "UPDATE item SET timestamp = ?1, expires_at = ?2, session_id = ?3, version = ?4, ttl = ?5, \
         importance = ?6, value = ?7, metadata = ?8 WHERE pk = ?9";
    if let Some(before) = before {
        let mut statement = connection.prepare_cached(UPDATE)?;
        bind_content(&mut statement, item, version)?;
        statement.raw_bind_parameter(9, before.pk)?;
        statement.raw_execute()?;
    } else {
        let mut statement = connection.prepare_cached(INSERT)?;
        bind_content(&mut statement, item, version)?;
        statement.raw_bind_parameter(9, state.project)?;
        statement.raw_bind_parameter(10, item.r#type.rank())?;
        statement.raw_bind_parameter(11, item.key.as_str())?;
        statement.raw_execute()?;
        state.count_items(item.r#type, 1);
    }
    Ok(())
}

/// Binds what a replacement may change to the first eight parameters.
fn bind_content(statement: &mut Statement<'_>, item: &MemoryItem, version: Version) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, item.timestamp.as_microsecond())?;
    statement.raw_bind_parameter(2, item.expires_at.map(Timestamp::as_microsecond))?;
    statement.raw_bind_parameter(3, item.session_id.as_ref().map(SessionId::as_str))?;
    statement.raw_bind_parameter(4, version.0.cast_signed())?;
    statement.raw_bind_parameter(5, item.ttl.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)))?;
    statement.raw_bind_parameter(6, item.importance)?;
    statement.raw_bind_parameter(7, item.value.as_str())?;
    statement.raw_bind_parameter(8, item.metadata.as_ref().map(JsonText::as_str))
}
