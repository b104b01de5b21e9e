//! The connections that read.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

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
            // After a fault of the database the next read starts with a fresh connection.
            if !matches!(outcome, Err(Fault::Sqlite(_))) {
                shared.put_back(connection);
            }
            drop(permit);
            outcome
        });
        task.await.map_err(Fault::internal)?
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

    fn put_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

fn closed(_: AcquireError) -> Fault {
    pm_core::Error::unavailable("the store is closed").into()
}
