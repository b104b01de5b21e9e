//! Buckets of tokens that all nodes share.

use std::time::Duration;

use pm_core::ports::{Quota, QuotaPolicy, Store};
use pm_testbed::shared;

use super::{cluster_options, single, store};

/// Slow enough that nothing comes back while a test runs.
const SLOW: QuotaPolicy = QuotaPolicy { interval: Duration::from_hours(1), burst: 5 };

#[tokio::test]
async fn nodes_take_from_the_same_bucket() {
    for options in
        [single(shared::redis().port()), single(shared::valkey().port()), cluster_options(shared::cluster())]
    {
        let nodes = [store(options.clone()).await, store(options).await];
        let (mine, other) = ([1; 32], [2; 32]);
        let lease = nodes[0].lease(&mine, SLOW, 2).await.unwrap();
        assert_eq!((lease.granted, lease.remaining, lease.retry_after), (2, 3, Duration::ZERO));
        let lease = nodes[1].lease(&mine, SLOW, 10).await.unwrap();
        assert_eq!((lease.granted, lease.remaining), (3, 0), "as many as there are");
        for node in &nodes {
            let lease = node.lease(&mine, SLOW, 1).await.unwrap();
            assert_eq!((lease.granted, lease.remaining), (0, 0));
            assert!(lease.retry_after > Duration::ZERO && lease.retry_after <= SLOW.interval, "{lease:?}");
        }
        assert_eq!(nodes[1].lease(&other, SLOW, 1).await.unwrap().granted, 1);
        assert!(nodes[0].quota().is_some());
    }
}

#[tokio::test]
async fn tokens_come_back_and_odd_fractions_are_no_fault() {
    let node = store(single(shared::redis().port())).await;
    for (n, interval) in [1, 333, 1_000, 333_333, 1_000_000].map(Duration::from_nanos).into_iter().enumerate()
    {
        let bucket = [u8::try_from(n).unwrap(); 32];
        let policy = QuotaPolicy { interval, burst: 3 };
        // Whatever time has passed, there are at most as many as a bucket has, and some at last.
        let mut granted = 0;
        while granted < 20 {
            let lease = node.lease(&bucket, policy, 7).await.unwrap();
            assert!(lease.granted + lease.remaining <= 3, "{lease:?}");
            assert_eq!(lease.granted == 0, lease.retry_after > Duration::ZERO, "{lease:?}");
            granted += lease.granted;
        }
    }
}

#[tokio::test]
async fn what_is_full_again_leaves_nothing_behind() {
    let node = store(single(shared::redis().port())).await;
    let policy = QuotaPolicy { interval: Duration::from_millis(1), burst: 2 };
    node.lease(&[7; 32], policy, 2).await.unwrap();
    let lease = async || node.lease(&[7; 32], policy, 2).await.unwrap().granted;
    while lease().await < 2 {}
}
