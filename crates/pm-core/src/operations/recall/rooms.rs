//! Room for searches.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pm_recall::Scratch;

/// Bytes that all rooms which nobody is in may take, beside `INDEX_MEMORY_MB`: two for indexes of some 200,000 items. A search of a
/// larger one takes so long that making room is a small part of it.
pub(super) const KEPT_BYTES: usize = 24 << 20;

/// Room that searches have left, for the next ones: those of large indexes would otherwise spend much of their time on
/// getting theirs. There are never more than searches at one moment, and a search does not wait for anything: as many as
/// there are threads that search.
pub(super) struct Rooms {
    left: Mutex<Vec<Scratch>>,
    kept_bytes: usize,
}

impl Rooms {
    /// None yet; they are kept as long as they take no more than so many bytes together.
    pub(super) fn keeping(kept_bytes: usize) -> Self {
        Self { left: Mutex::default(), kept_bytes }
    }

    /// Searches in a room that nobody else is in. It is lost if that panics, or if it has become too large to be kept.
    pub(super) fn with<T>(&self, search: impl FnOnce(&mut Scratch) -> T) -> T {
        let left = self.left().pop();
        let mut room = left.unwrap_or_default();
        let found = search(&mut room);
        let mut left = self.left();
        if left.iter().chain([&room]).map(Scratch::memory_bytes).sum::<usize>() <= self.kept_bytes {
            left.push(room);
        }
        found
    }

    // Nothing panics halfway through a change.
    fn left(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rooms").field(&self.left().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use pm_recall::{Document, Index, Kind, Layout, Query};

    use super::*;

    #[test]
    fn a_room_is_used_again_and_never_by_two() {
        let rooms = Rooms::keeping(KEPT_BYTES);
        rooms.with(|_| rooms.with(|_| assert!(rooms.left().is_empty())));
        assert_eq!(rooms.left().len(), 2);
        rooms.with(|_| assert_eq!(rooms.left().len(), 1));
        assert_eq!(rooms.left().len(), 2);
    }

    #[test]
    fn rooms_are_kept_within_their_bound() {
        let mut index = Index::new(Layout::default());
        index.put(&Document {
            kind: Kind::new(0).unwrap(),
            kind_name: "error",
            key: "a",
            value: &"a walrus".into(),
            metadata: None,
            session: None,
            timestamp: 0,
            expires_at: None,
            importance: 0.5,
            tied_to: &[],
        });
        let search = |room: &mut Scratch| {
            assert_eq!(index.search_in(&Query::unfiltered("walrus", 0, 10), room).len(), 1);
            room.memory_bytes()
        };
        let one = Rooms::keeping(KEPT_BYTES).with(search);
        assert!(one > 0);
        for (bytes, kept) in [(0, 0), (one, 1), (2 * one, 2)] {
            let rooms = Rooms::keeping(bytes);
            rooms.with(|room| {
                search(room);
                rooms.with(search);
            });
            assert_eq!(rooms.left().len(), kept, "{bytes} bytes");
        }
    }
}
