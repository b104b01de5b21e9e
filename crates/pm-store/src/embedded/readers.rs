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
