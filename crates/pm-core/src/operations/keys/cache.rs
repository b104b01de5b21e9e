//! What is remembered of keys between requests, so that letting somebody in asks the vault only now and then.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::{SignedDuration, Timestamp};

use crate::policy::Principal;
use crate::ports::Digest;

/// The most keys that are remembered, some 300 bytes each. Beyond, all are forgotten and come back as they are used.
const KEYS: usize = 100_000;
/// How long what is remembered may be relied on after the vault last confirmed it.
const RELIABLE: SignedDuration = SignedDuration::from_secs(5);
/// How often the use of a key is noted.
const NOTED_EVERY: i64 = 60;

/// A key that was found in the vault.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) digest: Digest,
    pub(super) principal: Arc<Principal>,
    pub(super) expires_at: Option<Timestamp>,
    /// When its use was last noted, in seconds since 1970.
    noted_at: AtomicI64,
}

impl Known {
    pub(super) fn new(digest: Digest, principal: Principal, expires_at: Option<Timestamp>) -> Self {
        Self { digest, principal: Arc::new(principal), expires_at, noted_at: AtomicI64::new(i64::MIN) }
    }

    /// Whether its use is to be noted again.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now.as_second().saturating_sub(self.noted_at.load(Ordering::Relaxed)) >= NOTED_EVERY
    }

    pub(super) fn noted(&self, now: Timestamp) {
        self.noted_at.store(now.as_second(), Ordering::Relaxed);
    }
}

/// The keys that are remembered.
#[derive(Debug, Default)]
pub(super) struct Cache(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    keys: HashMap<String, Arc<Known>>,
    /// Which revision of the vault they are from, and when that was last confirmed.
    revision: Option<(u64, Timestamp)>,
    /// How often all were forgotten: what was read before must not be kept after.
    epoch: u64,
}

impl State {
    fn forget(&mut self) {
        self.keys.clear();
        self.epoch += 1;
    }
}

impl Cache {
    /// A key, if what is remembered of it may be relied on.
    pub(super) fn get(&self, id: &str, now: Timestamp) -> Option<Arc<Known>> {
        let state = self.read();
        let (_, confirmed) = state.revision?;
        // A clock that was set back is no reason to rely on it longer.
        let age = now.duration_since(confirmed).abs();
        if age > RELIABLE { None } else { state.keys.get(id).cloned() }
    }

    /// To be asked for before a key is read from the vault.
    pub(super) fn epoch(&self) -> u64 {
        self.read().epoch
    }

    /// Remembers a key that was read in `epoch`.
    pub(super) fn keep(&self, id: &str, known: Arc<Known>, epoch: u64) {
        let mut state = self.write();
        if state.epoch != epoch {
            return;
        }
        if state.keys.len() >= KEYS {
            state.keys.clear();
        }
        state.keys.insert(id.to_owned(), known);
    }

    /// Forgets all.
    pub(super) fn forget(&self) {
        self.write().forget();
    }

    /// The vault had this revision at some time after `asked`.
    pub(super) fn confirm(&self, revision: u64, asked: Timestamp) {
        let mut state = self.write();
        if state.revision.is_none_or(|(known, _)| known != revision) {
            state.forget();
        }
        state.revision = Some((revision, asked));
    }

    // Nothing here panics halfway through a change.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_revocation_is_not_kept_after_it() {
        let cache = Cache::default();
        let now = Timestamp::UNIX_EPOCH;
        let known = || Arc::new(Known::new([0; 32], Principal::anonymous(), None));
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        cache.confirm(1, now);
        cache.keep("a", known(), cache.epoch());
        assert!(cache.get("a", later(5)).is_some() && cache.get("b", now).is_none());
        assert!(cache.get("a", later(6)).is_none(), "nobody has confirmed it");
        cache.confirm(1, later(6));
        assert!(cache.get("a", later(7)).is_some());
        let epoch = cache.epoch();
        cache.confirm(2, later(7));
        assert!(cache.get("a", later(7)).is_none());
        cache.keep("a", known(), epoch);
        assert!(cache.get("a", later(7)).is_none());
    }
}
