//! What lies between a caller and the store: a test can cut it, hold what comes back over it, and count the calls.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pm_core::{Error, Result};
use tokio::sync::watch;

/// The line of one store; its followers share it.
#[derive(Debug, Default)]
pub(super) struct Line {
    remote: bool,
    closed: AtomicBool,
    cut: AtomicBool,
    held: watch::Sender<bool>,
    calls: Mutex<BTreeMap<&'static str, usize>>,
}

impl Line {
    /// One whose answers take a moment, if it is that of a remote store.
    pub(super) fn new(remote: bool) -> Self {
        Self { remote, ..Self::default() }
    }

    /// Whether calls cross a network, as it were.
    pub(super) fn is_remote(&self) -> bool {
        self.remote
    }

    /// Makes each later call fail.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Makes calls fail, or work again.
    pub(super) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    /// Keeps what followers answer from arriving, or lets it through again.
    pub(super) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Begins a call.
    pub(super) fn call(&self, method: &'static str) -> Result<()> {
        *self.calls().entry(method).or_default() += 1;
        self.check()
    }

    /// Waits until the answer of a follower has come back.
    pub(super) async fn arrive(&self) -> Result<()> {
        if self.remote {
            tokio::task::yield_now().await;
        }
        // The sender lives as long as the line.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        self.check()
    }

    /// How often each method was called since this was last asked.
    pub(super) fn take_calls(&self) -> BTreeMap<&'static str, usize> {
        mem::take(&mut *self.calls())
    }

    fn calls(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::unavailable("the store is closed"));
        }
        if self.cut.load(Ordering::SeqCst) {
            return Err(Error::unavailable("the store was told to fail"));
        }
        Ok(())
    }
}
