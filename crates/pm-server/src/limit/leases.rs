//! Tokens that this node took of the buckets that all nodes share, a few at a time, so that not each call costs a round
//! trip.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pm_core::ports::{Clock, Quota, QuotaPolicy};
use tokio::time::timeout;

use super::caller::Caller;
use super::gcra::{Nanos, Policy, Verdict};
use super::nanos;
use super::table::{ENTRIES, Table};
use crate::telemetry::metrics::RATE_LIMIT_FALLBACKS_TOTAL;

/// How long a call waits for the shared bucket before this node decides by itself.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long this node then goes on by itself, so that not each call waits.
const AWAY: Nanos = 1_000_000_000;
/// How long tokens may lie unused: other nodes lack them.
const LAPSE: Nanos = 1_000_000_000;
/// A node takes what comes back in this time.
const AHEAD: Duration = Duration::from_millis(100);
/// And no more than this part of a bucket, so that one node does not hold all of it.
const PART: u32 = 10;
const SHARDS: usize = 64;

/// What this node holds of shared buckets.
#[derive(Debug)]
pub struct Leases {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    /// Until when the shared buckets are left alone.
    away_until: AtomicU64,
}

type Shard = HashMap<Caller, Arc<tokio::sync::Mutex<Held>>>;

/// What this node holds of one bucket.
#[derive(Debug, Default)]
struct Held {
    tokens: u32,
    lapses_at: Nanos,
    /// What was left for all when tokens were last taken.
    remaining: u32,
    refused_until: Nanos,
}

impl Held {
    fn says_nothing(&self, now: Nanos) -> bool {
        self.refused_until <= now && (self.tokens == 0 || self.lapses_at <= now)
    }
}

impl Leases {
    /// None yet.
    pub fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            away_until: AtomicU64::new(0),
        }
    }

    /// Takes a token of the caller's. `local` has this node's own idea of the bucket, by which it goes where the shared one
    /// cannot be asked; it is kept even meanwhile, so that nobody has a full bucket then who had used theirs.
    pub async fn take(
        &self,
        quota: &dyn Quota,
        local: &Table,
        caller: &Caller,
        clock: &dyn Clock,
    ) -> Verdict {
        let held = self.held(caller, nanos(clock.now()));
        // One call of a caller asks, and the others wait for what it gets.
        let mut held = held.lock().await;
        let now = nanos(clock.now());
        let policy = local.policy();
        if held.refused_until > now {
            return verdict(policy, 0, Some(held.refused_until - now));
        }
        if held.tokens == 0 || held.lapses_at <= now {
            if self.away_until.load(Ordering::Relaxed) > now {
                return local.take(caller, now);
            }
            let shared = QuotaPolicy { interval: policy.interval(), burst: policy.burst() };
            let asked = timeout(PATIENCE, quota.lease(&caller.digest(), shared, at_once(policy))).await;
            let Ok(Ok(lease)) = asked else {
                metrics::counter!(RATE_LIMIT_FALLBACKS_TOTAL).increment(1);
                self.away_until.store(now.saturating_add(AWAY), Ordering::Relaxed);
                return local.take(caller, now);
            };
            if lease.granted == 0 {
                let wait = u64::try_from(lease.retry_after.as_nanos()).unwrap_or(u64::MAX).max(1);
                *held = Held { refused_until: now.saturating_add(wait), ..Held::default() };
                return verdict(policy, 0, Some(wait));
            }
            local.drain(caller, now, lease.granted);
            let (tokens, remaining) = (lease.granted, lease.remaining);
            *held = Held { tokens, remaining, lapses_at: now.saturating_add(LAPSE), refused_until: 0 };
        }
        held.tokens -= 1;
        verdict(policy, held.tokens.saturating_add(held.remaining), None)
    }

    fn held(&self, caller: &Caller, now: Nanos) -> Arc<tokio::sync::Mutex<Held>> {
        let hash = usize::try_from(self.hasher.hash_one(caller) % SHARDS as u64).unwrap_or_default();
        #[expect(clippy::indexing_slicing, reason = "what is left of a division is less than the divisor")]
        let mut shard = self.shards[hash].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = shard.get(caller) {
            return held.clone();
        }
        if shard.len() >= ENTRIES / SHARDS {
            shard.retain(|_, held| held.try_lock().map_or(true, |held| !held.says_nothing(now)));
            // What is forgotten costs its caller a few tokens and this node a round trip.
            if shard.len() >= ENTRIES / SHARDS {
                shard.clear();
            }
        }
        shard.entry(caller.clone()).or_default().clone()
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

/// How many tokens are taken at once.
fn at_once(policy: Policy) -> u32 {
    let comes_back = AHEAD.as_nanos() / policy.interval().as_nanos().max(1);
    u32::try_from(comes_back).unwrap_or(u32::MAX).min(policy.burst() / PART).max(1)
}

fn verdict(policy: Policy, remaining: u32, wait: Option<Nanos>) -> Verdict {
    let remaining = remaining.min(policy.burst());
    Verdict {
        retry_after: wait.map(Duration::from_nanos),
        remaining,
        full_after: policy.interval().saturating_mul(policy.burst() - remaining),
    }
}

#[cfg(test)]
mod tests;
