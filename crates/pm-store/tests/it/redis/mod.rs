//! The Redis store, on every kind of server that is named: Redis and Valkey alone, behind Sentinel, as a Cluster, with
//! TLS.

mod expiring;
mod history;
mod links;
mod quota;
mod registry;
mod together;
mod vault;
mod vectors;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pm_core::ports::{Clock, Ids, RandomIds, Store, SystemClock, Vault};
use pm_store::conformance::Harness;
use pm_store::redis::{RedisOptions, RedisStore, Topology};
use pm_testbed::{Server, shared};

/// How long things live that tests let expire: long against some calls, short to wait for.
const MOMENT: SignedDuration = SignedDuration::from_millis(800);

/// Where a server of a test listens.
pub(crate) fn single(port: u16) -> RedisOptions {
    RedisOptions {
        topology: Topology::Single,
        nodes: vec![("127.0.0.1".to_owned(), port)],
        tls: false,
        tls_ca: None,
        db: 0,
        username: None,
        password: None,
        prefix: prefix(),
        wait_replicas: 0,
    }
}

/// What no other test has in front of its keys.
fn prefix() -> String {
    format!("test-{}", RandomIds.next().simple())
}

/// A store that is ready.
pub(crate) async fn store(options: RedisOptions) -> Arc<RedisStore> {
    let store = RedisStore::open(options).unwrap();
    store.ready(Duration::from_secs(10)).await.unwrap();
    store
}

struct Redis(Arc<RedisStore>);

async fn on_redis() -> Redis {
    Redis(store(single(shared::redis().port())).await)
}

async fn on_valkey() -> Redis {
    Redis(store(single(shared::valkey().port())).await)
}

async fn on_cluster() -> Redis {
    Redis(store(cluster_options(shared::cluster())).await)
}

/// Where a cluster of a test is.
pub(crate) fn cluster_options(cluster: &pm_testbed::Cluster) -> RedisOptions {
    let nodes = cluster.nodes.iter().map(Server::port).map(|port| ("127.0.0.1".to_owned(), port)).collect();
    RedisOptions { topology: Topology::Cluster, nodes, ..single(0) }
}

#[async_trait]
impl Harness for Redis {
    fn store(&self) -> Arc<dyn Store> {
        self.0.clone()
    }

    fn vault(&self) -> Arc<dyn Vault> {
        self.0.clone()
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn moment(&self) -> SignedDuration {
        MOMENT
    }

    async fn let_a_moment_pass(&self) {
        // The server's clock is the machine's, and time must really pass on it.
        tokio::time::sleep(MOMENT.unsigned_abs() + Duration::from_millis(20)).await; // tidy: see above
    }

    fn follower_entries(&self) -> usize {
        4_096
    }
}

mod contract_on_redis {
    pm_store::conformance_tests!(crate::redis::on_redis);
}

mod contract_on_valkey {
    pm_store::conformance_tests!(crate::redis::on_valkey);
}

mod contract_on_cluster {
    pm_store::conformance_tests!(crate::redis::on_cluster);
}
