//! What is remembered of credentials between requests, so that letting somebody in asks the vault only now and then.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::{SignedDuration, Timestamp};

use super::CredentialId;
use super::table::Table;
use crate::policy::Remembered;

/// The most credentials of a kind that are remembered, some 170 bytes each where names are short. Beyond, all are forgotten and come back as they are used.
const ENTRIES: usize = 100_000;
/// How long what is remembered may be relied on after the vault last confirmed it.
const RELIABLE: SignedDuration = SignedDuration::from_secs(5);

/// What is remembered, by id.
#[derive(Debug)]
pub(in crate::operations) struct Cache<T>(RwLock<State<T>>);

#[derive(Debug)]
struct State<T> {
    entries: Table<T>,
    /// Which revision of the vault they are from, and when that was last confirmed.
    revision: Option<(u64, Timestamp)>,
    /// How often all were forgotten: what was read before must not be kept after.
    epoch: u64,
}

impl<T> State<T> {
    fn forget(&mut self) {
        self.entries.clear();
        self.epoch += 1;
    }
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(RwLock::new(State { entries: Table::default(), revision: None, epoch: 0 }))
    }
}

impl<T> Cache<T> {
    /// What `look` makes of what is remembered of an id, if that may be relied on. Whoever writes waits for `look`.
    pub(in crate::operations) fn get<R>(
        &self,
        id: CredentialId,
        now: Timestamp,
        look: impl FnOnce(&Arc<Remembered<T>>) -> R,
    ) -> Option<R> {
        let state = self.read();
        let (_, confirmed) = state.revision?;
        // A clock that was set back is no reason to rely on it longer.
        let age = now.duration_since(confirmed).abs();
        if age > RELIABLE {
            return None;
        }
        state.entries.get(id).map(look)
    }

    /// To be asked for before something is read from the vault.
    pub(in crate::operations) fn epoch(&self) -> u64 {
        self.read().epoch
    }

    /// Remembers what was read in `epoch`.
    pub(in crate::operations) fn keep(&self, remembered: Arc<Remembered<T>>, epoch: u64) {
        let mut state = self.write();
        if state.epoch != epoch {
            return;
        }
        if state.entries.len() >= ENTRIES {
            state.entries.clear();
        }
        state.entries.put(remembered);
    }

    /// Forgets all.
    pub(in crate::operations) fn forget(&self) {
        self.write().forget();
    }

    /// The vault had this revision at some time after `asked`.
    pub(in crate::operations) fn confirm(&self, revision: u64, asked: Timestamp) {
        let mut state = self.write();
        if state.revision.is_none_or(|(known, _)| known != revision) {
            state.forget();
        }
        state.revision = Some((revision, asked));
    }

    // Nothing here panics halfway through a change.
    fn read(&self) -> RwLockReadGuard<'_, State<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<T>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Principal;

    fn id(number: usize) -> CredentialId {
        CredentialId::from(uuid::Uuid::from_u128(number as u128))
    }

    fn remembered<T>(number: usize, entry: T) -> Arc<Remembered<T>> {
        let principal = Principal { credential: Some(id(number).into()), ..Principal::shell() };
        Arc::new(Remembered { principal, entry })
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_kept_after_it() {
        let cache = Cache::default();
        let now = Timestamp::UNIX_EPOCH;
        let [a, b] = [1, 2].map(id);
        let is_known = |id, now| cache.get(id, now, |_| ()).is_some();
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        cache.confirm(1, now);
        cache.keep(remembered(1, ()), cache.epoch());
        assert!(is_known(a, later(5)) && !is_known(b, now));
        assert!(!is_known(a, later(6)), "nobody has confirmed it");
        cache.confirm(1, later(6));
        assert!(is_known(a, later(7)));
        let epoch = cache.epoch();
        cache.confirm(2, later(7));
        assert!(!is_known(a, later(7)));
        cache.keep(remembered(1, ()), epoch);
        assert!(!is_known(a, later(7)));
    }

    #[test]
    fn beyond_its_bound_it_begins_anew() {
        let cache = Cache::default();
        let now = Timestamp::UNIX_EPOCH;
        let keep = |number| cache.keep(remembered(number, number), cache.epoch());
        let found = |number| cache.get(id(number), now, |remembered| remembered.entry);
        cache.confirm(1, now);
        let first = remembered(0, 0);
        cache.keep(first.clone(), cache.epoch());
        (1..ENTRIES).for_each(keep);
        assert!((0..ENTRIES).all(|number| found(number) == Some(number)));
        keep(ENTRIES);
        assert_eq!([0, ENTRIES - 1, ENTRIES].map(found), [None, None, Some(ENTRIES)]);
        assert_eq!(Arc::strong_count(&first), 1, "what was forgotten is let go");
    }
}
