//! Room for searches.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pm_recall::Scratch;

/// Room that searches have left, for the next ones: those of large indexes would otherwise spend much of their time on
/// getting theirs. There are never more than searches at one moment, and a search does not wait for anything: as many as
/// there are threads that search.
#[derive(Default)]
pub(super) struct Rooms(Mutex<Vec<Scratch>>);

impl Rooms {
    /// Searches in a room that nobody else is in. It is lost if that panics.
    pub(super) fn with<T>(&self, search: impl FnOnce(&mut Scratch) -> T) -> T {
        let left = self.left().pop();
        let mut room = left.unwrap_or_default();
        let found = search(&mut room);
        self.left().push(room);
        found
    }

    // Nothing panics halfway through a change.
    fn left(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rooms").field(&self.left().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_used_again_and_never_by_two() {
        let rooms = Rooms::default();
        rooms.with(|_| rooms.with(|_| assert!(rooms.left().is_empty())));
        assert_eq!(rooms.left().len(), 2);
        rooms.with(|_| assert_eq!(rooms.left().len(), 1));
        assert_eq!(rooms.left().len(), 2);
    }
}
