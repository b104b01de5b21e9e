//! Running prepared statements and reading their rows.

use jiff::Timestamp;
use pm_core::model::JsonText;
use pm_core::ports::Page;
use rusqlite::{Connection, Params, Row};

use super::super::fault::{Fault, Result};

/// The first row of a query, if it has one.
pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// All rows of a query.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_and_then(params, read)?.collect()
}

/// Runs a statement that answers no rows; how many rows it changed.
pub(super) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

/// A count: the first column of the only row.
pub(super) fn count(connection: &Connection, sql: &str, params: impl Params) -> Result<u64> {
    let counted: Option<i64> = first(connection, sql, params, |row| Ok(row.get(0)?))?;
    Ok(unsigned(counted.unwrap_or_default()))
}

/// A page of the entries read with one more than `limit` asked for.
pub(super) fn page<T>(mut entries: Vec<T>, limit: usize, total: u64) -> Page<T> {
    let more = entries.len() > limit;
    entries.truncate(limit);
    Page { entries, total, more }
}

/// How many rows to ask for, to know whether more follow.
pub(super) fn one_more(limit: usize) -> i64 {
    rows(limit.saturating_add(1))
}

/// A number of rows as `SQLite` takes it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A count or a version, which is never negative.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A time that was stored.
pub(super) fn time(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(Fault::internal)
}

/// JSON that was stored.
pub(super) fn json(text: String) -> Result<JsonText> {
    JsonText::stored(text).map_err(Fault::internal)
}
