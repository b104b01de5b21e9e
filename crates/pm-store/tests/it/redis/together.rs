//! Stores of many callers in one call, as Redis itself sees them.

use std::sync::Arc;

use pm_core::model::{Key, MemoryItem, MemoryType, ProjectId, Version};
use pm_core::ports::{Clock, ItemLimit, LimitPolicy, PutItems, Store, SystemClock};
use pm_core::{Error, Result};
use pm_store::redis::RedisStore;
use pm_testbed::{Product, Server};
use tokio::task::JoinHandle;

use super::{MOMENT, cluster_options, single, store};
use crate::fixture::{is_there, item, keep, kept_project, put};

type Told = Result<(bool, Version)>;

/// A store that is under way by itself.
fn storing(store: &Arc<RedisStore>, put: PutItems) -> JoinHandle<Told> {
    let store = store.clone();
    let project = put.items[0].project_id;
    tokio::spawn(async move { Ok(store.put_items(project, &put).await?.outcome.entries[0]) })
}

/// Has all that was spawned come to where it waits.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// How many scripts the server was asked for.
fn scripts(server: &Server) -> u64 {
    let stats = server.info("commandstats", "cmdstat_evalsha");
    stats.split([',', '=']).nth(1).unwrap().parse().unwrap()
}

/// A server that has the scripts, a store over it and a project.
async fn stage() -> (Server, Arc<RedisStore>, ProjectId) {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "first").await;
    (server, store, project)
}

#[tokio::test]
async fn those_that_wait_go_together_and_each_is_told_of_its_own() {
    let (server, store, project) = stage().await;
    let before = scripts(&server);
    server.freeze();
    let limit = Some(ItemLimit { max: 30, policy: LimitPolicy::Reject });
    let writers: Vec<_> = (0..40)
        .map(|n| storing(&store, PutItems { limit, ..put(vec![item(project, &n.to_string())]) }))
        .collect();
    let replacing = storing(&store, PutItems { limit, ..put(vec![item(project, "first")]) });
    settle().await;
    server.thaw();
    let (mut versions, mut full) = (Vec::new(), 0);
    for writer in writers {
        match writer.await.unwrap() {
            Ok((created, version)) => {
                assert!(created);
                versions.push(version);
            }
            Err(Error::MemoryLimitReached { limit: 30 }) => full += 1,
            other => panic!("{other:?}"),
        }
    }
    let (created, version) = replacing.await.unwrap().unwrap();
    versions.push(version);
    assert!(!created);
    assert_eq!((versions.len(), full), (30, 11));
    assert!(versions.is_sorted_by(|a, b| a.0 + 1 == b.0), "in the order in which they came: {versions:?}");
    assert_eq!(scripts(&server) - before, 2, "the first by itself, then all others");
}

#[tokio::test]
async fn those_of_one_name_follow_one_another() {
    let (server, store, project) = stage().await;
    server.freeze();
    let value =
        |n: u32| MemoryItem { value: pm_core::model::JsonText::of(&n.into()), ..item(project, "same") };
    let writers: Vec<_> = (0..6).map(|n| storing(&store, put(vec![value(n)]))).collect();
    settle().await;
    server.thaw();
    for (n, writer) in writers.into_iter().enumerate() {
        assert_eq!(writer.await.unwrap().unwrap().0, n == 0);
    }
    let found = store.item(project, MemoryType::Context, &Key::new("same").unwrap()).await.unwrap();
    assert_eq!(found.unwrap().value, value(5));
}

#[tokio::test]
async fn whose_caller_has_gone_is_left_out_and_the_others_are_not() {
    let (server, store, project) = stage().await;
    server.freeze();
    let writers: Vec<_> = (0..9).map(|n| storing(&store, put(vec![item(project, &n.to_string())]))).collect();
    settle().await;
    // The first, whose call is under way, and some that wait.
    writers.iter().step_by(2).for_each(JoinHandle::abort);
    settle().await;
    server.thaw();
    for (n, writer) in writers.into_iter().enumerate() {
        match writer.await {
            Ok(told) => assert!(told.unwrap().0),
            Err(_) => assert!(n % 2 == 0),
        }
        let there = is_there(&*store, project, &n.to_string()).await;
        assert!(n == 0 || there == (n % 2 == 1), "{n}");
    }
}

#[tokio::test]
async fn a_frozen_server_makes_nobody_wait_long_behind_others() {
    let (server, store, project) = stage().await;
    server.freeze();
    let writers: Vec<_> = (0..9).map(|n| storing(&store, put(vec![item(project, &n.to_string())]))).collect();
    settle().await;
    // Nothing comes from the server any more: the clock goes on when all wait for it alone, however busy the machine is.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    for writer in writers {
        assert!(matches!(writer.await.unwrap(), Err(Error::StoreUnavailable(_))));
    }
    // The bound of one call is 1.5 s, and nobody waits for two.
    assert!(start.elapsed() < std::time::Duration::from_millis(2_500), "{:?}", start.elapsed());
    tokio::time::resume();
    server.thaw();
    while storing(&store, put(vec![item(project, "later")])).await.unwrap().is_err() {}
}

#[tokio::test]
async fn what_is_due_is_taken_away_first_and_what_expired_is_replaced() {
    let (server, store, project) = stage().await;
    let expiring = |name: &str, after| {
        let expires_at = Some(SystemClock.now() + after);
        put(vec![MemoryItem { expires_at, ..item(project, name) }])
    };
    store.put_items(project, &expiring("due", MOMENT)).await.unwrap();
    store.put_items(project, &expiring("not due", MOMENT * 100)).await.unwrap();
    tokio::time::sleep(MOMENT.unsigned_abs()).await; // tidy: the server's clock is the machine's
    server.freeze();
    let names = ["a", "due", "not due", "b"];
    let writers = names.map(|name| storing(&store, put(vec![item(project, name)])));
    settle().await;
    server.thaw();
    for (name, writer) in names.into_iter().zip(writers) {
        assert_eq!(writer.await.unwrap().unwrap().0, name != "not due", "{name}");
    }
    assert_eq!(store.count_items(project).await.unwrap().iter().sum::<u64>(), 5);
    assert_eq!(server.cli(&["KEYS", "*:x:*"]).array().len(), 0, "values of their own");
}

#[tokio::test]
async fn all_are_told_that_the_project_is_gone_and_closing_leaves_none() {
    let (server, store, project) = stage().await;
    store.delete_project(project, &pm_core::model::Precondition::NONE).await.unwrap();
    server.freeze();
    let writers: Vec<_> = (0..5).map(|n| storing(&store, put(vec![item(project, &n.to_string())]))).collect();
    settle().await;
    server.thaw();
    for writer in writers {
        assert!(matches!(writer.await.unwrap(), Err(Error::ProjectNotFound)));
    }
    let project = kept_project(&*store).await;
    server.freeze();
    let writers: Vec<_> = (0..5).map(|n| storing(&store, put(vec![item(project, &n.to_string())]))).collect();
    settle().await;
    server.thaw();
    Store::close(&*store).await.unwrap();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn projects_of_a_cluster_do_not_wait_for_one_another() {
    let store = store(cluster_options(pm_testbed::shared::cluster())).await;
    let mut writers = Vec::new();
    for _ in 0..6 {
        let project = kept_project(&*store).await;
        writers.extend((0..20).map(|n| storing(&store, put(vec![item(project, &n.to_string())]))));
    }
    for writer in writers {
        assert!(writer.await.unwrap().unwrap().0);
    }
}
