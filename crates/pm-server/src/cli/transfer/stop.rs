//! The signal that ends an import.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::cli::Failure;
use crate::http;

/// Whether SIGINT or SIGTERM has come.
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Hears them from now on; they end the process no more.
    pub(super) fn hear() -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::failed)?;
        let within = runtime.enter();
        let terminated = http::terminated();
        drop(within);
        let heard = Arc::new(AtomicBool::new(false));
        let told = heard.clone();
        let wait = move || {
            runtime.block_on(terminated);
            told.store(true, Ordering::Relaxed);
        };
        thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(Failure::failed)?;
        Ok(Self(heard))
    }

    /// A failure from the first of them on.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Failure::failed("stopped by a signal"));
        }
        Ok(())
    }
}
