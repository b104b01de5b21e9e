//! The connections that read.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{AcquireError, Semaphore};
use tokio::task::spawn_blocking;

use super::fault::{Fault, Result};
use super::open;

/// How many reads run at once.
const CONNECTIONS: u32 = 4;

/// A pool of connections that read, opened when first needed. They see what is committed and wait for no write.
#[derive(Debug)]
pub(super) struct Readers {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(file: PathBuf) -> Self {
        let shared = Arc::new(Shared { file, idle: Mutex::default() });
        Self { shared, permits: Arc::new(Semaphore::new(CONNECTIONS as usize)) }
    }

    /// Runs `work` on a connection of its own, off the threads of the async runtime.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let shared = Arc::clone(&self.shared);
        let task = spawn_blocking(move || {
            let mut connection = match shared.take() {
                Some(connection) => connection,
                None => open::reader(&shared.file)?,
            };
            let outcome = work(&mut connection);
            shared.put_back(connection, &outcome);
            drop(permit);
            outcome
        });
        task.await.map_err(Fault::internal)?
    }

    /// Runs `work` that looks up a few rows, on the thread that asks: it is done in less time than it takes to hand it to
    /// another thread. Where it would have to wait for a lock, or for a connection to be opened, another thread does
    /// it after all.
    pub(super) async fn run_here<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        {
            let _permit = self.permits.acquire().await.map_err(closed)?;
            if let Some(connection) = self.shared.take() {
                connection.busy_timeout(Duration::ZERO)?;
                let outcome = work(&connection);
                connection.busy_timeout(open::BUSY_TIMEOUT)?;
                self.shared.put_back(connection, &outcome);
                if !matches!(&outcome, Err(fault) if fault.is_of_a_lock()) {
                    return outcome;
                }
            }
        }
        self.run(move |connection| work(connection)).await
    }

    /// Whether reads are refused.
    pub(super) fn are_closed(&self) -> bool {
        self.permits.is_closed()
    }

    /// Waits for the reads under way, then closes all connections.
    pub(super) async fn close(&self) {
        if let Ok(all) = self.permits.acquire_many(CONNECTIONS).await {
            self.permits.close();
            all.forget();
        }
        while self.shared.take().is_some() {}
    }
}

impl Shared {
    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// After a fault of the database the next read starts with a fresh connection.
    fn put_back<T>(&self, connection: Connection, outcome: &Result<T>) {
        if !matches!(outcome, Err(Fault::Sqlite(_))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

fn closed(_: AcquireError) -> Fault {
    pm_core::Error::unavailable("the store is closed").into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::{self, ThreadId};

    use rusqlite::ffi;

    use super::*;

    fn readers(folder: &tempfile::TempDir) -> Readers {
        let database = open::database(folder.path()).unwrap();
        Readers::new(database.file)
    }

    async fn thread_of_a_look(readers: &Readers) -> ThreadId {
        readers.run_here(|_| Ok(thread::current().id())).await.unwrap()
    }

    #[tokio::test]
    async fn a_look_is_taken_by_the_thread_that_asks_once_a_connection_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(&folder);
        let here = thread::current().id();
        assert_ne!(thread_of_a_look(&readers).await, here, "opening a connection waits for the disk");
        assert_eq!(thread_of_a_look(&readers).await, here);
        readers.close().await;
        let refused = readers.run_here(|_| Ok(())).await.map_err(pm_core::Error::from);
        assert!(matches!(refused, Err(pm_core::Error::StoreUnavailable(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_lock_is_waited_for_by_another_thread() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(&folder);
        let here = thread::current().id();
        thread_of_a_look(&readers).await;
        let held = AtomicBool::new(true);
        let took = readers.run_here(move |connection| {
            let timeout: u32 = connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0))?;
            if held.swap(false, Ordering::Relaxed) {
                assert_eq!((thread::current().id(), timeout), (here, 0), "it must not wait here");
                return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None).into());
            }
            Ok((thread::current().id(), timeout))
        });
        let (thread, timeout) = took.await.unwrap();
        assert_ne!(thread, here);
        assert_eq!(u128::from(timeout), open::BUSY_TIMEOUT.as_millis());
    }
}
