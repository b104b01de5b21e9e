//! A store in plain maps behind one lock: for unit tests of what calls a store, and the oracle that the embedded
//! store is compared with. It is written to be obviously right, not fast. It can pass for a store behind a network.

mod follower;
mod items;
mod line;
mod lists;
mod once;
mod state;
mod store;
mod vault;
mod vectors;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pm_core::Result;
use pm_core::model::ProjectId;
use pm_core::ports::Clock;

use self::line::Line;
use self::state::State;
use crate::followers::{Followers, Notice};

/// A store that forgets everything when it is dropped.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    followers: Arc<Followers>,
    line: Arc<Line>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::over(Line::new(false), clock)
    }

    /// An empty store that says it is behind a network, and whose followers take a moment to answer.
    pub fn remote(clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::over(Line::new(true), clock)
    }

    fn over(line: Line, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, state: Mutex::default(), followers: Arc::default(), line: Arc::new(line) })
    }

    /// From now on every method, also of a follower, answers `StoreUnavailable`, or works again.
    pub fn fail(&self, failing: bool) {
        self.line.cut(failing);
    }

    /// From now on what followers answer is held back (it is as of when they were asked), or comes through again.
    pub fn hold_followers(&self, held: bool) {
        self.line.hold(held);
    }

    /// How often each method was called since this was last asked; `changes` is that of followers.
    pub fn take_calls(&self) -> BTreeMap<&'static str, usize> {
        self.line.take_calls()
    }

    /// One atomic step: of a copy of everything, which takes the place of the original if all went well.
    fn write<T>(
        &self,
        method: &'static str,
        work: impl FnOnce(&mut State, &mut Vec<(ProjectId, Notice)>) -> Result<T>,
    ) -> Result<T> {
        self.line.call(method)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = state.clone();
        after.now = self.clock.now();
        let mut notices = Vec::new();
        let outcome = work(&mut after, &mut notices)?;
        *state = after;
        self.followers.publish(&mut notices);
        Ok(outcome)
    }

    fn read<T>(&self, method: &'static str, work: impl FnOnce(&State) -> Result<T>) -> Result<T> {
        self.line.call(method)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = self.clock.now();
        work(&state)
    }
}
