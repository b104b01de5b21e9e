//! The store in memory.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pm_core::ports::{Clock, ManualClock, Store};
use pm_store::conformance::Harness;
use pm_store::memory::MemoryStore;

pub(crate) struct InMemory {
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
}

#[expect(clippy::unused_async, reason = "the suite awaits what makes a harness")]
pub(crate) async fn harness() -> InMemory {
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let store = MemoryStore::new(clock.clone());
    InMemory { clock, store }
}

#[async_trait]
impl Harness for InMemory {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn moment(&self) -> SignedDuration {
        SignedDuration::from_secs(60)
    }

    async fn let_a_moment_pass(&self) {
        self.clock.advance(self.moment());
    }

    fn follower_entries(&self) -> usize {
        20_000
    }
}

pm_store::conformance_tests!(crate::memory::harness);

#[tokio::test]
async fn fails_when_told_to() {
    let harness = harness().await;
    harness.store.fail(true);
    assert!(matches!(harness.store.ping().await, Err(pm_core::Error::StoreUnavailable(_))));
    harness.store.fail(false);
    harness.store.ping().await.unwrap();
}
