//! The embedded store: one `SQLite` file in a directory that this process holds alone.
//!
//! A write that was answered is on the disk (`synchronous=FULL` on a write-ahead log): it survives the death of
//! the process and a loss of power. Every method answers within 30 seconds.
//!
//! The vault alone can be opened beside it by another process: see [`Beside`].

mod beside;
mod examine;
mod fault;
mod job;
mod known;
mod open;
mod readers;
mod schema;
mod sql;
mod store;
mod vault;
mod writer;

use std::path::Path;
use std::sync::Arc;

use pm_core::Result;
use pm_core::ports::Clock;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::task::spawn_blocking;

pub use self::beside::Beside;
pub use self::examine::{Examined, examine};
use self::job::{Manner, Write};
use self::known::Known;
pub use self::open::OpenError;
use self::readers::Readers;
use self::writer::Writer;
use crate::followers::Followers;
use crate::measure::measured;

/// A store in a `SQLite` file.
#[derive(Debug)]
pub struct EmbeddedStore {
    clock: Arc<dyn Clock>,
    writer: Writer,
    readers: Readers,
    followers: Arc<Followers>,
    known: Known,
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
            Ok(Arc::new(Self { clock, writer, readers, followers, known: Known::default() }))
        });
        opening.await.map_err(|error| OpenError::Thread(error.into()))?
    }

    /// How many transactions were committed since it was opened: many writes share one.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Has the writer do `work`, together with what else waits; what it wrote when it refuses is undone.
    async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Write<'_>) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.writer.run(Manner::Undoable, work)).await
    }

    /// Has the writer do `work` that refuses before it writes or not at all, together with what else waits.
    async fn write_plain<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Write<'_>) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.writer.run(Manner::Plain, work)).await
    }

    /// Has the writer do `work` that may touch very many rows, in a transaction of its own: with a savepoint around
    /// it, `SQLite` would keep a copy of each page in memory.
    async fn write_alone<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Write<'_>) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.writer.run(Manner::Alone, work)).await
    }

    /// Has the writer do `work` on the tables of the vault, at a time in microseconds since 1970.
    async fn write_vault<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection, i64) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write(operation, move |write| work(write.connection, write.now)).await
    }

    /// Looks up a row with one statement, at a time in microseconds since 1970.
    async fn look_up<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl Fn(&Connection, i64) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        let clock = Arc::clone(&self.clock);
        let looking = self.readers.run_here(move |connection| work(connection, clock.now().as_microsecond()));
        measured(operation, looking).await
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

#[cfg(test)]
mod tests {
    use pm_core::Error;
    use pm_core::ports::{ManualClock, Store};

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_and_undone() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(jiff::Timestamp::UNIX_EPOCH));
        let store = EmbeddedStore::open(folder.path(), clock).await.unwrap();
        let panics = |manner| {
            store.writer.run(manner, |write| -> fault::Result<()> {
                write.connection.execute("INSERT INTO project_state VALUES (9, 0, 0, 0, 0, 0, 0, 0)", [])?;
                panic!("on purpose")
            })
        };
        let fine = store.writer.run(Manner::Undoable, |_| Ok(7));
        let (undoable, alone) = (Manner::Undoable, Manner::Alone);
        let (first, second, third, fine) =
            tokio::join!(panics(undoable), panics(alone), panics(undoable), fine);
        for outcome in [first, second, third] {
            let outcome = outcome.map_err(Error::from);
            assert!(
                matches!(&outcome, Err(Error::Internal(source)) if source.to_string().contains("on purpose"))
            );
        }
        assert_eq!(fine.map_err(Error::from).unwrap(), 7);
        let count = "SELECT count(*) FROM project_state";
        let left = store
            .write("test", |write| Ok(write.connection.query_row(count, [], |row| row.get::<_, u32>(0))?));
        assert_eq!(left.await.unwrap(), 0);
        store.ping().await.unwrap();
    }

    #[tokio::test]
    async fn a_plain_job_that_refuses_leaves_others_alone_and_one_that_fails_halfway_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(jiff::Timestamp::UNIX_EPOCH));
        let store = EmbeddedStore::open(folder.path(), clock).await.unwrap();
        let insert = |key: i64, fails: bool| {
            store.writer.run(Manner::Plain, move |write| {
                let insert = "INSERT INTO project_state VALUES (?1, 0, 0, 0, 0, 0, 0, 0)";
                write.connection.execute(insert, [key])?;
                if fails { Err(Error::ProjectNotFound.into()) } else { Ok(()) }
            })
        };
        let refuse = || {
            store.writer.run(Manner::Plain, |_| -> fault::Result<()> { Err(Error::ProjectArchived.into()) })
        };
        for (fails, rows) in [(false, 3), (true, 3)] {
            // While the writer is held up, all others queue: they become one group.
            let (release, released) = std::sync::mpsc::channel();
            let holds =
                store.writer.run(Manner::Alone, move |_| released.recv().map_err(fault::Fault::internal));
            let from = i64::from(fails) * 10;
            let (held, first, refused, second, third, ()) = tokio::join!(
                holds,
                insert(from, false),
                refuse(),
                insert(from + 1, fails),
                insert(from + 2, false),
                async { release.send(()).unwrap() }
            );
            held.map_err(Error::from).unwrap();
            assert!(matches!(refused.map_err(Error::from), Err(Error::ProjectArchived)));
            for outcome in [first, third] {
                let outcome = outcome.map_err(Error::from);
                assert_eq!(matches!(outcome, Err(Error::StoreUnavailable(_))), fails, "{outcome:?}");
            }
            assert_eq!(matches!(second.map_err(Error::from), Err(Error::ProjectNotFound)), fails);
            let count = "SELECT count(*) FROM project_state";
            let left = store.write("test", |write| {
                Ok(write.connection.query_row(count, [], |row| row.get::<_, u32>(0))?)
            });
            assert_eq!(left.await.unwrap(), rows);
        }
    }
}
