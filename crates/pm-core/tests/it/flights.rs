//! Many at once: they share what is asked of the store, and nobody is told what was so before he came.

use std::sync::Arc;

use pm_core::model::{ItemDraft, Key, MemoryType, Precondition, ProjectDraft};
use pm_core::operations::{DeleteRequest, Settings};
use pm_core::policy::Actor;
use pm_core::ports::{Clock, PutItems, Store};
use pm_core::{Error, Result};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};

use crate::operations::{World, settings};

/// Lets all others go on until each of them waits for something: they are on the same thread.
async fn all_wait() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn ask(world: &Arc<World>, query: &str) -> JoinHandle<Result<Vec<String>>> {
    let (world, query) = (world.clone(), query.to_owned());
    tokio::spawn(async move { world.recall(&world.project.to_string(), &query).await })
}

/// A world with an index that is loaded, and whose follower is held.
async fn held() -> Arc<World> {
    let world = Arc::new(World::remote(Settings { index_bytes: usize::MAX, ..settings() }).await);
    world.put("first", json!("first")).await;
    assert_eq!(world.recalled("first").await, ["first"]);
    world.store.take_calls();
    world.store.hold_followers(true);
    world
}

/// Stores more than a follower may lag behind.
async fn overrun(world: &World) {
    let item = |n| {
        let body = json!({"type": "context", "key": format!("k{n}"), "value": format!("word{n}")});
        ItemDraft::new(body).unwrap().at(world.project, world.clock.now(), None)
    };
    let items = (0..25_000).map(item).collect();
    let put = PutItems { items, condition: Precondition::NONE, limit: None, once: None };
    world.store.put_items(world.project, &put).await.unwrap();
}

#[tokio::test]
async fn all_who_wait_are_served_by_the_next() {
    let world = held().await;
    let waiting: Vec<_> = (0..100).map(|_| ask(&world, "first")).collect();
    all_wait().await;
    world.called([("changes", 1)]);
    world.store.hold_followers(false);
    for recall in waiting {
        assert_eq!(recall.await.unwrap().unwrap(), ["first"]);
    }
    world.called([("changes", 1)]);
}

#[tokio::test]
async fn nobody_is_served_by_what_began_before_he_came() {
    let world = held().await;
    let early = ask(&world, "late");
    all_wait().await;
    world.put("late", json!("late")).await;
    let late = ask(&world, "late");
    all_wait().await;
    assert!(!early.is_finished() && !late.is_finished());
    world.called([("changes", 1), ("put_items", 1)]);
    world.store.hold_followers(false);
    early.await.unwrap().unwrap();
    assert_eq!(late.await.unwrap().unwrap(), ["late"]);
    world.called([("changes", 1)]);
}

#[tokio::test]
async fn whoever_vanishes_leaves_it_to_the_others() {
    let world = held().await;
    let asks = ask(&world, "late");
    all_wait().await;
    world.put("late", json!("late")).await;
    let waits: Vec<_> = (0..10).map(|_| ask(&world, "late")).collect();
    all_wait().await;
    asks.abort();
    all_wait().await;
    // The next one asks, for all; then it vanishes too.
    waits.first().unwrap().abort();
    all_wait().await;
    world.called([("changes", 3), ("put_items", 1)]);
    world.store.hold_followers(false);
    for recall in waits.into_iter().skip(1) {
        assert_eq!(recall.await.unwrap().unwrap(), ["late"]);
    }
    assert_eq!(world.store.take_calls().get("follow"), None, "the index is still that of the beginning");
    world.indexed(1);
}

#[tokio::test]
async fn a_failure_is_told_to_those_it_concerns() {
    let world = held().await;
    let asks = ask(&world, "first");
    all_wait().await;
    let waits: Vec<_> = (0..50).map(|_| ask(&world, "first")).collect();
    all_wait().await;
    world.store.fail(true);
    world.store.hold_followers(false);
    for recall in [asks].into_iter().chain(waits) {
        assert!(matches!(recall.await.unwrap(), Err(Error::StoreUnavailable(_))));
    }
    world.called([("changes", 1), ("follow", 1)]);
    world.indexed(0);
    world.store.fail(false);
    let back: Vec<_> = (0..50).map(|_| ask(&world, "first")).collect();
    for recall in back {
        assert_eq!(recall.await.unwrap().unwrap(), ["first"]);
    }
    let calls = world.store.take_calls();
    assert_eq!(calls.get("follow"), Some(&1), "built once: {calls:?}");
}

#[tokio::test]
async fn an_index_that_lost_track_is_built_once_for_all() {
    let world = held().await;
    let asks = ask(&world, "word24999");
    all_wait().await;
    overrun(&world).await;
    let waits: Vec<_> = (0..20).map(|_| ask(&world, "word24999")).collect();
    all_wait().await;
    world.store.hold_followers(false);
    asks.await.unwrap().unwrap();
    for recall in waits {
        assert_eq!(recall.await.unwrap().unwrap(), ["k24999"]);
    }
    let calls = world.store.take_calls();
    assert_eq!(calls.get("follow"), Some(&1), "{calls:?}");
}

#[tokio::test]
async fn whoever_waits_for_a_project_that_goes_is_told() {
    let world = held().await;
    let waits: Vec<_> = (0..10).map(|_| ask(&world, "first")).collect();
    all_wait().await;
    world.operations.projects.delete(world.project, &Precondition::NONE, &Actor::shell()).await.unwrap();
    let late: Vec<_> = (0..10).map(|_| ask(&world, "first")).collect();
    all_wait().await;
    world.store.hold_followers(false);
    for recall in waits {
        // Only the first had asked when it was still there.
        assert!(matches!(recall.await.unwrap(), Ok(_) | Err(Error::ProjectNotFound)));
    }
    for recall in late {
        assert!(matches!(recall.await.unwrap(), Err(Error::ProjectNotFound)));
    }
    world.indexed(0);
}

/// Writes, and asks at once for what it wrote.
async fn reads_its_own(world: Arc<World>, writer: usize) {
    for round in 0..40 {
        let (key, word) = (format!("k{writer}"), format!("word{writer}x{round}"));
        world.put(&key, json!(word)).await;
        assert_eq!(world.recalled(&word).await, [key.as_str()], "what was just stored");
        if round % 5 == 4 {
            let delete = DeleteRequest::one(world.project, MemoryType::Context, Key::new(&key).unwrap());
            world.operations.memory.delete(&delete, &Precondition::NONE, &Actor::shell()).await.unwrap();
            assert_eq!(world.recalled(&word).await, Vec::<String>::new(), "what was just deleted");
        }
    }
}

/// Asks and gives up, at one point after another.
async fn gives_up(world: Arc<World>) {
    for patience in 0..200 {
        let mut recall = Box::pin(world.recalled("word"));
        for _ in 0..patience % 7 {
            tokio::select! {
                biased;
                _ = &mut recall => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_read_their_own_writes() {
    for world in [World::new(settings()).await, World::remote(settings()).await] {
        let world = Arc::new(world);
        let mut tasks = JoinSet::new();
        for writer in 0..8 {
            tasks.spawn(reads_its_own(world.clone(), writer));
        }
        for _ in 0..3 {
            tasks.spawn(gives_up(world.clone()));
        }
        tasks.join_all().await;
        world.indexed(1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn builds_and_deletes_at_once_leave_nothing_behind() {
    let world = Arc::new(World::remote(settings()).await);
    for _ in 0..60 {
        let draft = ProjectDraft::to_create(json!({"name": "p"})).unwrap();
        let project = world.operations.projects.create(draft, None).await.unwrap().value.id;
        let mut recalls = JoinSet::new();
        for _ in 0..8 {
            let world = world.clone();
            recalls.spawn(async move { world.recall(&project.to_string(), "cat").await });
        }
        world.operations.projects.delete(project, &Precondition::NONE, &Actor::shell()).await.unwrap();
        for outcome in recalls.join_all().await {
            assert!(matches!(outcome, Ok(_) | Err(Error::ProjectNotFound)), "{outcome:?}");
        }
        let after = world.recall(&project.to_string(), "cat").await;
        assert!(matches!(after, Err(Error::ProjectNotFound)), "{after:?}");
        world.indexed(0);
    }
}
