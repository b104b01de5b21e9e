//! The vault, as Redis itself and another process see it.

use pm_core::ports::{Clock, Content, Expected, Shelf, Store, SystemClock, Vault};
use pm_store::conformance::Harness;
use pm_store::redis::RedisOptions;
use pm_testbed::{Product, Server};

use super::{MOMENT, Redis, single, store};

#[tokio::test]
async fn whatever_takes_a_record_leaves_nothing_of_it() {
    let server = Server::start(Product::Redis);
    let harness = Redis(store(single(server.port())).await);
    let vault = harness.vault();
    let lasting = Content { body: "1".to_owned(), expires_at: None };
    let dying = Content { expires_at: Some(SystemClock.now() + MOMENT), ..lasting.clone() };
    for shelf in Shelf::ALL {
        for (id, content) in [("a", &lasting), ("b:c", &dying), ("d", &dying), ("e", &dying)] {
            vault.put_record(shelf, id, content, Expected::Any).await.unwrap().unwrap();
        }
        vault.put_record(shelf, "d", &lasting, Expected::Any).await.unwrap().unwrap();
        assert!(vault.remove_record(shelf, "e").await.unwrap());
    }
    let kept = |kind: &str, count: &str| {
        let keys = server.cli(&["KEYS", &format!("*:{{vault}}:{kind}")]).array();
        keys.into_iter().map(|key| server.cli(&[count, &key.text()]).int()).sum::<i64>()
    };
    let each = |shelf: i64| shelf * i64::try_from(Shelf::ALL.len()).unwrap();
    assert_eq!((kept("r:*", "HLEN"), kept("i:*", "ZCARD"), kept("e", "ZCARD")), (each(3), each(3), each(1)));
    harness.let_a_moment_pass().await;
    assert_eq!(harness.0.sweep(10).await.unwrap().records, Shelf::ALL.len());
    assert_eq!((kept("r:*", "HLEN"), kept("i:*", "ZCARD"), kept("e", "ZCARD")), (each(2), each(2), 0));
    for shelf in Shelf::ALL {
        for id in ["a", "d"] {
            assert!(vault.remove_record(shelf, id).await.unwrap());
        }
    }
    let left = server.cli(&["KEYS", "*"]).array();
    let left: Vec<String> = left.into_iter().map(pm_testbed::Reply::text).collect();
    assert!(left.iter().all(|key| key.ends_with(":{vault}:v")), "{left:?}");
}

#[tokio::test]
async fn another_process_sees_the_revision_rise() {
    let server = Server::start(Product::Redis);
    let options = || RedisOptions { prefix: "shared".to_owned(), ..single(server.port()) };
    let (one, other) = (store(options()).await, store(options()).await);
    let content = Content { body: "1".to_owned(), expires_at: None };
    let version = one.put_record(Shelf::Keys, "a", &content, Expected::Absent).await.unwrap().unwrap();
    assert_eq!(other.record(Shelf::Keys, "a").await.unwrap().unwrap().version, version);
    let before = one.revision().await.unwrap();
    assert!(other.remove_record(Shelf::Keys, "a").await.unwrap());
    assert!(one.revision().await.unwrap() > before);
    assert_eq!(one.record(Shelf::Keys, "a").await.unwrap(), None);
}
