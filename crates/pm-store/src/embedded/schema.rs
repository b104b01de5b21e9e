//! The schema's numbered migrations.

use rusqlite::{Connection, TransactionBehavior};

use super::open::OpenError;

/// In order; the first makes schema 1 of an empty file. One that was released is never edited.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_vectors.sql"),
    include_str!("migrations/0003_vault.sql"),
];

/// `AIPM`: tells our files from other `SQLite` files.
const APPLICATION_ID: i32 = 0x4149_504d;

/// Brings the database to the newest schema, each step in its own transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let Schema { found, .. } = schema(connection)?;
    for (number, migration) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::debug!(number, "migrated the database");
    }
    Ok(())
}

/// Refuses any schema but the newest that is known: whoever does not hold the directory migrates nothing.
pub(super) fn check(connection: &Connection) -> Result<(), OpenError> {
    let Schema { found, known } = schema(connection)?;
    if found < known { Err(OpenError::OlderSchema { found, known }) } else { Ok(()) }
}

/// The schema of the file, and the newest that is known.
pub(super) fn numbers(connection: &Connection) -> Result<(u32, u32), OpenError> {
    let Schema { found, known } = schema(connection)?;
    Ok((found, known))
}

/// The schema of the file, and the newest that is known.
struct Schema {
    found: u32,
    known: u32,
}

/// Reads the schema of a file of ours that is not newer than what is known.
fn schema(connection: &Connection) -> Result<Schema, OpenError> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::NewerSchema { found, known });
    }
    check_owner(connection)?;
    Ok(Schema { found, known })
}

fn check_owner(connection: &Connection) -> Result<(), OpenError> {
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let empty = connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if owner == APPLICATION_ID || empty { Ok(()) } else { Err(OpenError::Foreign) }
}
