//! The store in memory.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pm_core::Error;
use pm_core::ports::{Changes, Clock, ManualClock, Store, Vault};
use pm_store::conformance::Harness;
use pm_store::memory::MemoryStore;

use crate::fixture::{keep, kept_project};

pub(crate) struct InMemory {
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
}

impl InMemory {
    fn new(open: impl FnOnce(Arc<dyn Clock>) -> Arc<MemoryStore>) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        Self { store: open(clock.clone()), clock }
    }
}

#[expect(clippy::unused_async, reason = "the suite awaits what makes a harness")]
pub(crate) async fn harness() -> InMemory {
    InMemory::new(MemoryStore::new)
}

#[expect(clippy::unused_async, reason = "the suite awaits what makes a harness")]
async fn remote() -> InMemory {
    InMemory::new(MemoryStore::remote)
}

#[async_trait]
impl Harness for InMemory {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn vault(&self) -> Arc<dyn Vault> {
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

mod behind_a_network {
    pm_store::conformance_tests!(crate::memory::remote);
}

#[tokio::test]
async fn fails_when_told_to() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    let mut follower = harness.store.follow(project).await.unwrap();
    keep(&*harness.store, project, "a").await;
    harness.store.fail(true);
    assert!(matches!(harness.store.ping().await, Err(Error::StoreUnavailable(_))));
    assert!(matches!(follower.changes().await, Err(Error::StoreUnavailable(_))));
    harness.store.fail(false);
    harness.store.ping().await.unwrap();
    let Changes::Since(changes) = follower.changes().await.unwrap() else { panic!("lost") };
    assert_eq!(changes.len(), 1, "what was missed meanwhile");
}

#[tokio::test]
async fn holds_what_followers_answer() {
    let harness = remote().await;
    let project = kept_project(&*harness.store).await;
    let mut follower = harness.store.follow(project).await.unwrap();
    keep(&*harness.store, project, "a").await;
    harness.store.hold_followers(true);
    let mut asked = follower.changes();
    for _ in 0..10 {
        tokio::select! {
            biased;
            _ = &mut asked => panic!("it came through"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(asked);
    harness.store.hold_followers(false);
    let Changes::Since(changes) = follower.changes().await.unwrap() else { panic!("lost") };
    assert_eq!(changes.len(), 1, "a call that was dropped has taken nothing");
    let calls = harness.store.take_calls();
    assert_eq!(calls, [("changes", 2), ("create_project", 1), ("follow", 1), ("put_items", 1)].into());
    assert!(harness.store.is_remote() && harness.store.take_calls().is_empty());
}
