//! The embedded store.

mod beside;
mod durability;
mod faults;
mod opening;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pm_core::ports::{Clock, ManualClock, Store, Vault};
use pm_store::conformance::Harness;
use pm_store::embedded::EmbeddedStore;
use tempfile::TempDir;

/// An embedded store in a folder that goes with it.
pub(crate) struct Embedded {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) folder: TempDir,
}

pub(crate) async fn harness() -> Embedded {
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), clock.clone()).await.unwrap();
    Embedded { clock, store, folder }
}

impl Embedded {
    /// Closes the store and opens it again.
    async fn reopened(self) -> Self {
        let Self { clock, store, folder } = self;
        store.close().await.unwrap();
        let store = EmbeddedStore::open(folder.path(), clock.clone()).await.unwrap();
        Self { clock, store, folder }
    }
}

#[async_trait]
impl Harness for Embedded {
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

mod contract {
    pm_store::conformance_tests!(crate::embedded::harness);
}
