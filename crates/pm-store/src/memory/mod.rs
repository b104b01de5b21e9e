//! A store in plain maps behind one lock: for unit tests of what calls a store, and the oracle that the embedded
//! store is compared with. It is written to be obviously right, not fast.

mod items;
mod lists;
mod once;
mod state;
mod store;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pm_core::model::ProjectId;
use pm_core::ports::{Change, Clock};
use pm_core::{Error, Result};

use self::state::State;
use crate::followers::Followers;

/// A store that forgets everything when it is dropped.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    followers: Arc<Followers>,
    closed: AtomicBool,
    failing: AtomicBool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::default(),
            followers: Arc::default(),
            closed: AtomicBool::default(),
            failing: AtomicBool::default(),
        })
    }

    /// From now on every method answers `StoreUnavailable`, or works again. Followers are not touched.
    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    fn check(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::unavailable("the store is closed"));
        }
        if self.failing.load(Ordering::SeqCst) {
            return Err(Error::unavailable("the store was told to fail"));
        }
        Ok(())
    }

    /// One atomic step: of a copy of everything, which takes the place of the original if all went well.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut State, &mut Vec<(ProjectId, Change)>) -> Result<T>,
    ) -> Result<T> {
        self.check()?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = state.clone();
        after.now = self.clock.now();
        let mut changes = Vec::new();
        let outcome = work(&mut after, &mut changes)?;
        *state = after;
        self.followers.publish(&mut changes);
        Ok(outcome)
    }

    fn read<T>(&self, work: impl FnOnce(&State) -> Result<T>) -> Result<T> {
        self.check()?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = self.clock.now();
        work(&state)
    }
}
