//! The vault. Its statements run on a connection of the store, or on one beside it.

use jiff::Timestamp;
use pm_core::ports::{Content, Expected, IdRange, Order, Record, Shelf};
use rusqlite::{Connection, Row, params};

use super::super::fault::Result;
use super::conditions::{Conditions, direction};
use super::query::{all, count, execute, first, rows, time, unsigned};

/// See `Vault::record`.
pub(in super::super) fn find(
    connection: &Connection,
    now: i64,
    shelf: Shelf,
    id: &str,
) -> Result<Option<Record>> {
    const SELECT: &str = "SELECT id, body, version, expires_at FROM record \
         WHERE shelf = ?1 AND id = ?2 AND (expires_at IS NULL OR expires_at > ?3)";
    first(connection, SELECT, params![shelf.name(), id, now], record)
}

/// See `Vault::records_within`.
pub(in super::super) fn list(
    connection: &Connection,
    now: i64,
    (shelf, range): (Shelf, IdRange<'_>),
    order: Order,
    limit: usize,
) -> Result<Vec<Record>> {
    let mut conditions = within(now, shelf, range);
    let (limit, order) = (conditions.bind(rows(limit)), direction(order));
    let sql = format!(
        "SELECT id, body, version, expires_at FROM record WHERE {} ORDER BY id {order} LIMIT {limit}",
        conditions.sql()
    );
    all(connection, &sql, conditions.values(), record)
}

/// See `Vault::count_records`.
pub(in super::super) fn count_within(
    connection: &Connection,
    now: i64,
    shelf: Shelf,
    range: IdRange<'_>,
) -> Result<u64> {
    let conditions = within(now, shelf, range);
    let sql = format!("SELECT count(*) FROM record WHERE {}", conditions.sql());
    count(connection, &sql, conditions.values())
}

/// What is live on a shelf in a range.
fn within(now: i64, shelf: Shelf, range: IdRange<'_>) -> Conditions {
    let mut conditions = Conditions::new("TRUE");
    conditions.and_with("shelf =", Some(shelf.name().to_owned()));
    conditions.and_with("id >", range.after.map(str::to_owned));
    conditions.and_with("id <", range.before.map(str::to_owned));
    let now = conditions.bind(now);
    conditions.and(&format!("(expires_at IS NULL OR expires_at > {now})"));
    conditions
}

/// See `Vault::put_record`. Who looks at the clock a little later must not rely on what has expired either: what takes
/// its place raises the revision too.
pub(in super::super) fn put(
    connection: &Connection,
    now: i64,
    (shelf, id): (Shelf, &str),
    content: &Content,
    expected: Expected,
) -> Result<Option<u64>> {
    const FIND: &str = "SELECT version, expires_at FROM record WHERE shelf = ?1 AND id = ?2";
    const COUNT: &str = "UPDATE vault SET version = version + 1, revision = revision + ?1 RETURNING version";
    let found = first(connection, FIND, params![shelf.name(), id], |row| {
        let expires_at: Option<i64> = row.get(1)?;
        Ok((unsigned(row.get(0)?), expires_at.is_none_or(|at| at > now)))
    })?;
    let there = found.and_then(|(version, live)| live.then_some(version));
    let fits = match expected {
        Expected::Any => true,
        Expected::Absent => there.is_none(),
        Expected::Version(version) => there == Some(version),
    };
    if !fits {
        return Ok(None);
    }
    let version = count(connection, COUNT, [found.is_some() && shelf.is_watched()])?;
    let expires_at = content.expires_at.map(Timestamp::as_microsecond);
    // It fits in: it came from there.
    let values = params![shelf.name(), id, content.body, version.cast_signed(), expires_at];
    execute(connection, "INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3, ?4, ?5)", values)?;
    Ok(Some(version))
}

/// See `Vault::remove_record`.
pub(in super::super) fn remove(connection: &Connection, now: i64, shelf: Shelf, id: &str) -> Result<bool> {
    const DELETE: &str = "DELETE FROM record \
         WHERE shelf = ?1 AND id = ?2 AND (expires_at IS NULL OR expires_at > ?3)";
    let removed = execute(connection, DELETE, params![shelf.name(), id, now])? > 0;
    if removed && shelf.is_watched() {
        execute(connection, "UPDATE vault SET revision = revision + 1", [])?;
    }
    Ok(removed)
}

/// See `Vault::revision`.
pub(in super::super) fn revision(connection: &Connection) -> Result<u64> {
    count(connection, "SELECT revision FROM vault", [])
}

/// Removes records that have expired, at most `limit`; how many.
pub(super) fn sweep(connection: &Connection, now: i64, limit: usize) -> Result<usize> {
    const EXPIRED: &str = "DELETE FROM record WHERE (shelf, id) IN \
         (SELECT shelf, id FROM record WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
    execute(connection, EXPIRED, params![now, rows(limit)])
}

fn record(row: &Row<'_>) -> Result<Record> {
    let expires_at: Option<i64> = row.get(3)?;
    let content = Content { body: row.get(1)?, expires_at: expires_at.map(time).transpose()? };
    Ok(Record { id: row.get(0)?, content, version: unsigned(row.get(2)?) })
}
