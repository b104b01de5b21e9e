//! The vault alone, for another process while a server holds the directory.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pm_core::Result;
use pm_core::ports::Clock;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::task::spawn_blocking;

use super::fault::{self, Fault};
use super::open::{self, OpenError};
use crate::measure::measured;

/// The vault of a directory that another process may hold.
///
/// It takes no lock but for the moment of a write, and what it wrote is on the disk when it answers, like what the store
/// writes. Both see at once what the other has written.
#[derive(Debug)]
pub struct Beside {
    clock: Arc<dyn Clock>,
    connection: Arc<Mutex<Connection>>,
}

impl Beside {
    /// Opens the vault in `directory`. The database must be there and have the schema that this version knows: nothing
    /// is made or brought up to date.
    pub async fn open(directory: &Path, clock: Arc<dyn Clock>) -> std::result::Result<Arc<Self>, OpenError> {
        let directory = directory.to_owned();
        let opening = spawn_blocking(move || open::beside(&directory));
        let connection = opening.await.map_err(|error| OpenError::Thread(error.into()))??;
        Ok(Arc::new(Self { clock, connection: Arc::new(Mutex::new(connection)) }))
    }

    /// Does `work` in a transaction that may write.
    pub(super) async fn write_vault<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection, i64) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.transact(TransactionBehavior::Immediate, work)).await
    }

    /// Does `work` on one state of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection, i64) -> fault::Result<T> + Send + 'static,
    ) -> Result<T> {
        measured(operation, self.transact(TransactionBehavior::Deferred, work)).await
    }

    /// Does `work` in a transaction, at a time in microseconds since 1970, off the threads of the async runtime.
    async fn transact<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Connection, i64) -> fault::Result<T> + Send + 'static,
    ) -> fault::Result<T> {
        let (clock, connection) = (Arc::clone(&self.clock), Arc::clone(&self.connection));
        let task = spawn_blocking(move || {
            // A transaction that was not finished has been rolled back.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = Transaction::new(&mut connection, behavior)?;
            let outcome = work(&transaction, clock.now().as_microsecond())?;
            transaction.commit()?;
            Ok(outcome)
        });
        task.await.map_err(Fault::internal)?
    }
}
