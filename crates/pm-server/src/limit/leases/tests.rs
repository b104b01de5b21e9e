use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize};

use async_trait::async_trait;
use jiff::SignedDuration;
use pm_core::ports::{Digest, Lease, ManualClock};

use super::*;

/// Buckets as a store has them, by the same clock.
#[derive(Debug)]
struct Shared {
    policy: Policy,
    clock: Arc<ManualClock>,
    buckets: Mutex<HashMap<Digest, Nanos>>,
    away: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl Quota for Shared {
    async fn lease(&self, bucket: &Digest, _: QuotaPolicy, wanted: u32) -> pm_core::Result<Lease> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let now = nanos(self.clock.now());
        let mut buckets = self.buckets.lock().unwrap();
        let full_at = buckets.entry(*bucket).or_insert(now);
        let mut granted = 0;
        loop {
            let (next, verdict) = self.policy.take(*full_at, now, 1);
            *full_at = next;
            granted += u32::from(verdict.retry_after.is_none());
            if granted == wanted || verdict.retry_after.is_some() {
                let retry_after = verdict.retry_after.filter(|_| granted == 0).unwrap_or_default();
                return Ok(Lease { granted, remaining: verdict.remaining, retry_after });
            }
        }
    }
}

struct Node {
    leases: Leases,
    local: Table,
    shared: Arc<Shared>,
}

impl Node {
    async fn take(&self, caller: &Caller) -> Verdict {
        self.leases.take(&*self.shared, &self.local, caller, &*self.shared.clock).await
    }

    /// How many of so many calls may be made.
    async fn allowed(&self, caller: &Caller, calls: usize) -> usize {
        let mut allowed = 0;
        for _ in 0..calls {
            allowed += usize::from(self.take(caller).await.retry_after.is_none());
        }
        allowed
    }
}

/// Two nodes over the same buckets.
fn nodes(interval: Duration, burst: u32) -> ([Node; 2], Arc<Shared>) {
    let policy = Policy::every(interval, burst);
    let shared = Arc::new(Shared {
        policy,
        clock: Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap())),
        buckets: Mutex::default(),
        away: AtomicBool::new(false),
        asked: AtomicUsize::new(0),
    });
    let node = || Node { leases: Leases::new(), local: Table::new(policy), shared: shared.clone() };
    ([node(), node()], shared.clone())
}

fn caller(n: u32) -> Caller {
    Caller::of_address(IpAddr::V4(Ipv4Addr::from_bits(n)))
}

#[tokio::test]
async fn nodes_together_allow_no_more_than_one_would() {
    let (nodes, shared) = nodes(Duration::from_millis(10), 200);
    let mut allowed = 0;
    for _ in 0..300 {
        allowed += nodes[0].allowed(&caller(1), 1).await + nodes[1].allowed(&caller(1), 1).await;
    }
    assert_eq!(allowed, 200);
    // Ten tokens a round trip, and a refusal is remembered.
    assert_eq!(shared.asked.load(Ordering::SeqCst), 22);
    shared.clock.advance(SignedDuration::from_millis(10));
    assert_eq!(nodes[0].allowed(&caller(1), 5).await, 1);
    assert_eq!(nodes[1].allowed(&caller(1), 5).await, 0);
    assert_eq!(nodes[1].allowed(&caller(2), 5).await, 5, "others have buckets of their own");
}

#[tokio::test]
async fn unused_tokens_lapse() {
    let (nodes, shared) = nodes(Duration::from_millis(10), 100);
    let verdict = nodes[0].take(&caller(1)).await;
    assert_eq!((verdict.remaining, verdict.retry_after), (99, None));
    assert_eq!(shared.asked.load(Ordering::SeqCst), 1);
    shared.clock.advance(SignedDuration::from_millis(999));
    nodes[0].take(&caller(1)).await;
    assert_eq!(shared.asked.load(Ordering::SeqCst), 1);
    shared.clock.advance(SignedDuration::from_millis(1));
    nodes[0].take(&caller(1)).await;
    assert_eq!(shared.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_node_goes_on_by_itself_while_the_others_cannot_be_asked() {
    let (nodes, shared) = nodes(Duration::from_secs(1), 10);
    assert_eq!(nodes[0].allowed(&caller(1), 4).await, 4);
    shared.away.store(true, Ordering::SeqCst);
    let began = tokio::time::Instant::now();
    // What was taken before is not had again.
    assert_eq!(nodes[0].allowed(&caller(1), 20).await, 6);
    assert_eq!(nodes[0].allowed(&caller(2), 20).await, 10);
    assert_eq!(began.elapsed().as_millis(), PATIENCE.as_millis(), "one call waits, not all");
    shared.clock.advance(SignedDuration::from_secs(2));
    shared.away.store(false, Ordering::SeqCst);
    assert_eq!(nodes[0].allowed(&caller(3), 1).await, 1);
    let asked = shared.asked.load(Ordering::SeqCst);
    assert_eq!(nodes[0].allowed(&caller(1), 20).await, 8, "it is asked again: 4 of 10 were taken");
    assert!(shared.asked.load(Ordering::SeqCst) > asked);
}

#[tokio::test]
async fn what_is_held_of_many_callers_has_its_bound() {
    let (nodes, _) = nodes(Duration::from_millis(10), 200);
    for n in 0..150_000 {
        nodes[0].take(&caller(n)).await;
    }
    assert!(nodes[0].leases.len() <= ENTRIES, "{}", nodes[0].leases.len());
}
