//! The Redis store.
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pm_core::ports::{Clock, Ids, RandomIds, Store, SystemClock};
use pm_store::conformance::Harness;
use pm_store::redis::{RedisOptions, RedisStore, Topology};

struct Redis {
    store: Arc<RedisStore>,
}

async fn harness() -> Redis {
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    let topology = if std::env::var("CLUSTER").is_ok() { Topology::Cluster } else { Topology::Single };
    let store = RedisStore::open(RedisOptions {
        topology,
        nodes: vec![("127.0.0.1".into(), port)],
        tls: false,
        tls_ca: None,
        db: 0,
        username: None,
        password: None,
        prefix: format!("test-{}", RandomIds.next().simple()),
        wait_replicas: 0,
    })
    .unwrap();
    Redis { store }
}

#[async_trait]
impl Harness for Redis {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
    fn moment(&self) -> SignedDuration {
        SignedDuration::from_millis(800)
    }
    async fn let_a_moment_pass(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(820)).await;
    }
    fn follower_entries(&self) -> usize {
        4_096
    }
}

mod contract {
    pm_store::conformance_tests!(crate::redis::harness);
}
