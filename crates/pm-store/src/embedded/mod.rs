//! The embedded store: one SQLite file in a directory that this process holds alone.
//!
//! A write that was answered is on the disk (`synchronous=FULL` on a write-ahead log): it survives the death of
//! the process and a loss of power. Every method answers within 30 seconds.

mod fault;
mod job;
mod measure;
mod open;
mod readers;
mod schema;
mod sql;
mod store;
mod writer;

use std::path::Path;
use std::sync::Arc;

use pm_core::Result;
use pm_core::ports::Clock;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::task::spawn_blocking;

pub use self::open::OpenError;
use self::job::Write;
use self::measure::measured;
use self::readers::Readers;
use self::writer::Writer;
use crate::followers::Followers;

/// A store in a SQLite file.
#[derive(Debug)]
pub struct EmbeddedStore {
    clock: Arc<dyn Clock>,
    writer: Writer,
    readers: Readers,
    followers: Arc<Followers>,
}

impl EmbeddedStore {
    /// Opens the store in `directory`, which is made if it is not there, and brings its schema up to date.
    ///
    /// The directory is held until the store is closed, or dropped and its last write done.
    pub async fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Arc<Self>, OpenError> {
        let directory = directory.to_owned();
        let opening = spawn_blocking(move || {
            let database = open::database(&directory)?;
            let readers = Readers::new(database.file.clone());
            let followers = Arc::new(Followers::default());
            let writer = Writer::start(database, Arc::clone(&clock), Arc::clone(&followers))
                .map_err(OpenError::Thread)?;
            Ok(Arc::new(Self { clock, writer, readers, followers }))
        });
        opening.await.map_err(|error| OpenError::Thread(error.into()))?
    }

    /// How many transactions were committed since it was opened: many writes share one.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Has the writer do `work`, together with what else waits.
    async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Write<'_>) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.writer.run(false, work)).await
    }

    /// Has the writer do `work` that may touch very many rows, in a transaction of its own: with a savepoint around
    /// it, SQLite would keep a copy of each page in memory.
    async fn write_alone<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Write<'_>) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.writer.run(true, work)).await
    }

    /// Has a reader do `work` on one state of the database, at a time in microseconds since 1970.
    async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection, i64) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        let clock = Arc::clone(&self.clock);
        let reading = self.readers.run(move |connection| {
            let transaction = Transaction::new(connection, TransactionBehavior::Deferred)?;
            work(&transaction, clock.now().as_microsecond())
        });
        measured(operation, reading).await
    }
}
