//! SQLite as it comes, with what makes it durable.

use std::path::Path;

use rusqlite::Connection;

use super::group::{Record, Sink};
use crate::Outcome;

/// A table of keys and values, a transaction a group.
pub struct Sqlite(Connection);

impl Sqlite {
    /// A new database in `folder`, with a write-ahead log and `synchronous=FULL`, as ai-pm has it.
    pub fn create(folder: &Path) -> Outcome<Self> {
        let connection = Connection::open(folder.join("raw.db"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection
            .execute_batch("CREATE TABLE item (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")?;
        Ok(Self(connection))
    }
}

impl Sink for Sqlite {
    fn commit(&mut self, records: &[Record]) -> Outcome<()> {
        let transaction = self.0.transaction()?;
        {
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO item VALUES (?1, ?2)")?;
            for Record { key, value } in records {
                put.execute((key, value))?;
            }
        }
        Ok(transaction.commit()?)
    }
}
