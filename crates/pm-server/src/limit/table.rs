//! The buckets of all callers, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::caller::Caller;
use super::gcra::{Nanos, Policy, Verdict};

/// The most buckets of a table.
pub const ENTRIES: usize = 65_536;
/// Each has its own lock, so that callers rarely wait for one another.
const SHARDS: usize = 64;
const ENTRIES_OF_SHARD: usize = ENTRIES / SHARDS;
/// How many places are made at once where all are taken by buckets that are not full, so that a place costs a look at
/// a few buckets and not at all of the shard.
const EVICTED: usize = ENTRIES_OF_SHARD / 8;

/// When each bucket is full again. Those that are full say nothing and are dropped when room is needed; where that is not
/// enough, so are those that are nearest to it: their callers lose the least by it, and gain the least.
#[derive(Debug)]
pub struct Table {
    policy: Policy,
    shards: [Mutex<HashMap<Caller, Nanos>>; SHARDS],
    /// Not that of the maps, or each map would only see part of its range. Random, so that nobody can aim at one shard.
    hasher: RandomState,
}

impl Table {
    /// A table of full buckets.
    pub fn new(policy: Policy) -> Self {
        Self { policy, shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }

    /// How its buckets fill.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Takes a token of the caller's.
    pub fn take(&self, caller: &Caller, now: Nanos) -> Verdict {
        let mut shard = self.shard(caller);
        let full_at = shard.get(caller).copied().unwrap_or(now);
        let (full_at, verdict) = self.policy.take(full_at, now, 1);
        put(&mut shard, caller, full_at, now);
        verdict
    }

    /// Takes tokens of the caller's as far as there are any.
    pub fn drain(&self, caller: &Caller, now: Nanos, tokens: u32) {
        let mut shard = self.shard(caller);
        let full_at = shard.get(caller).copied().unwrap_or(now);
        put(&mut shard, caller, self.policy.drain(full_at, now, tokens), now);
    }

    /// Puts a token back that was taken.
    pub fn give_back(&self, caller: &Caller, now: Nanos) {
        let mut shard = self.shard(caller);
        if let Some(full_at) = shard.get(caller) {
            let full_at = self.policy.give_back(*full_at, now);
            put(&mut shard, caller, full_at, now);
        }
    }

    fn shard(&self, caller: &Caller) -> MutexGuard<'_, HashMap<Caller, Nanos>> {
        let hash = usize::try_from(self.hasher.hash_one(caller) % SHARDS as u64).unwrap_or_default();
        #[expect(clippy::indexing_slicing, reason = "what is left of a division is less than the divisor")]
        let shard = &self.shards[hash];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

fn put(shard: &mut HashMap<Caller, Nanos>, caller: &Caller, full_at: Nanos, now: Nanos) {
    if full_at <= now {
        shard.remove(caller);
    } else if let Some(known) = shard.get_mut(caller) {
        *known = full_at;
    } else {
        make_room(shard, now);
        shard.insert(caller.clone(), full_at);
    }
}

fn make_room(shard: &mut HashMap<Caller, Nanos>, now: Nanos) {
    if shard.len() < ENTRIES_OF_SHARD {
        return;
    }
    shard.retain(|_, full_at| *full_at > now);
    // A few places would soon be taken, and all of the shard be looked at again.
    let Some(excess) = (shard.len() + EVICTED).checked_sub(ENTRIES_OF_SHARD + 1) else { return };
    let mut all: Vec<Nanos> = shard.values().copied().collect();
    let (nearer, &mut bound, _) = all.select_nth_unstable(excess);
    // Of those that are equally near, no more than need be.
    let mut left = 1 + nearer.iter().filter(|full_at| **full_at == bound).count();
    shard.retain(|_, full_at| {
        let goes = *full_at == bound && left > 0;
        left -= usize::from(goes);
        !goes && *full_at >= bound
    });
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use super::*;

    const START: Nanos = 1_700_000_000_000_000_000;
    const SECOND: Nanos = 1_000_000_000;

    fn caller(n: u32) -> Caller {
        Caller::of_address(IpAddr::V4(Ipv4Addr::from_bits(n)))
    }

    #[test]
    fn each_caller_has_a_bucket_of_their_own() {
        let table = Table::new(Policy::every(Duration::from_secs(1), 2));
        let named = Caller::Principal("192.0.2.1".into());
        let address = Caller::of_address("192.0.2.1".parse().unwrap());
        for caller in [&named, &address] {
            assert_eq!(table.take(caller, START).remaining, 1);
            assert_eq!(table.take(caller, START).remaining, 0);
            assert!(table.take(caller, START).retry_after.is_some());
        }
        table.give_back(&named, START);
        assert!(table.take(&address, START).retry_after.is_some());
        assert!(table.take(&named, START).retry_after.is_none());
        assert!(table.take(&named, START + SECOND).retry_after.is_none());
    }

    #[test]
    fn what_is_full_again_takes_no_place() {
        let table = Table::new(Policy::every(Duration::from_secs(1), 2));
        table.take(&caller(1), START);
        assert_eq!(table.len(), 1);
        table.give_back(&caller(1), START);
        assert_eq!(table.len(), 0);
        table.give_back(&caller(1), START);
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn a_million_addresses_take_no_more_than_their_place() {
        let table = Table::new(Policy::every(Duration::from_secs(1), 10));
        for n in 0..1_000_000 {
            let verdict = table.take(&caller(n), START + u64::from(n));
            assert_eq!(verdict.remaining, 9, "a new caller has a full bucket");
        }
        assert!(table.len() <= ENTRIES, "{}", table.len());
        assert!(table.len() > ENTRIES / 2, "{}", table.len());
        let kept: usize = table.shards.iter().map(|shard| shard.lock().unwrap().capacity()).sum();
        // A map grows while less than half of it is free, and is put in order in its place from then on.
        assert!(kept <= ENTRIES * 4, "{kept}");
    }

    #[test]
    fn who_has_used_their_tokens_is_remembered_whoever_else_comes() {
        let table = Table::new(Policy::every(Duration::from_secs(1), 10));
        for _ in 0..10 {
            table.take(&caller(0), START);
        }
        for n in 1..300_000 {
            table.take(&caller(n), START);
        }
        assert!(table.take(&caller(0), START).retry_after.is_some());
        // Once all are full again there is room for everyone.
        table.take(&caller(1_000_000), START + 20 * SECOND);
        for n in 0..200_000 {
            table.take(&caller(n), START + 20 * SECOND);
        }
        assert!(table.len() <= ENTRIES, "{}", table.len());
    }
}
