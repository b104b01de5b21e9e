//! Followers of changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use pm_core::Error;
use pm_core::model::{Key, MemoryItem, MemoryType, Precondition, ProjectId, ProjectStatus};
use pm_core::ports::{Change, Changes, Follower, LimitPolicy, Store};
use tokio::task::JoinSet;

use super::Harness;
use super::fixture::{
    batch, context, item, keep, kept_project, key, limited, message, once, project, put_if, put_once,
    set_status, store_all,
};

async fn changes(follower: &mut Box<dyn Follower>) -> Vec<Change> {
    match follower.changes().await.unwrap() {
        Changes::Since(changes) => changes,
        Changes::Lost => panic!("the follower lost track"),
    }
}

fn removed(name: &str) -> Change {
    Change::Removed(MemoryType::Context, key(name))
}

fn put(item: &MemoryItem) -> Change {
    Change::Put(Arc::new(item.clone()))
}

/// Each kind of change is there once its writer was answered, in order; after that, that the project is gone.
pub async fn sees_every_kind_of_change(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    keep(&*store, context(project, "before")).await;
    let mut follower = store.follow(project).await.unwrap();
    assert_eq!(changes(&mut follower).await, []);
    let (a, b) = (context(project, "a"), item(project, MemoryType::Error, "b"));
    store_all(&*store, vec![b.clone(), a.clone()]).await;
    assert_eq!(changes(&mut follower).await, [put(&b), put(&a)]);
    assert_eq!(changes(&mut follower).await, []);
    store.create_message(&message(project, "no memory"), None).await.unwrap();
    assert_eq!(changes(&mut follower).await, []);
    store.delete_items(project, &MemoryType::ALL, &key("a"), &Precondition::NONE).await.unwrap();
    assert_eq!(changes(&mut follower).await, [removed("a")]);
    let c = MemoryItem { expires_at: Some(harness.now() + harness.moment()), ..context(project, "c") };
    store.put_items(project, &limited(vec![c.clone()], 2, LimitPolicy::EvictOldest)).await.unwrap();
    let expected = [Change::Removed(MemoryType::Error, key("b")), put(&c)];
    assert_eq!(changes(&mut follower).await, expected);
    harness.let_a_moment_pass().await;
    store.sweep(10).await.unwrap();
    let swept = changes(&mut follower).await;
    assert!(swept.is_empty() || swept == [removed("c")], "{swept:?}");
    store.clear_items(project).await.unwrap();
    assert_eq!(changes(&mut follower).await, [Change::Cleared]);
    keep(&*store, a.clone()).await;
    store.delete_project(project, &Precondition::NONE).await.unwrap();
    assert_fails!(follower.changes().await, Error::ProjectNotFound);
}

/// Nothing of another project, and each of two followers sees all of its own.
pub async fn sees_no_other_project(harness: &dyn Harness) {
    let store = harness.store();
    let (mine, other) = (kept_project(&*store).await, kept_project(&*store).await);
    let mut followers = [
        store.follow(mine).await.unwrap(),
        store.follow(mine).await.unwrap(),
        store.follow(other).await.unwrap(),
    ];
    let (a, b) = (context(mine, "a"), context(other, "b"));
    keep(&*store, a.clone()).await;
    keep(&*store, b.clone()).await;
    store.delete_project(other, &Precondition::NONE).await.unwrap();
    assert_eq!(changes(&mut followers[0]).await, [put(&a)]);
    assert_eq!(changes(&mut followers[1]).await, [put(&a)]);
    assert_fails!(followers[2].changes().await, Error::ProjectNotFound);
}

/// A project that is not there cannot be followed, and whoever follows one is told that it went: each time.
pub async fn ends_with_its_project(harness: &dyn Harness) {
    let store = harness.store();
    assert_fails!(store.follow(project("never kept").id).await.map(drop), Error::ProjectNotFound);
    let gone = kept_project(&*store).await;
    let mut read = store.follow(gone).await.unwrap();
    let mut unread = store.follow(gone).await.unwrap();
    keep(&*store, context(gone, "a")).await;
    assert_eq!(changes(&mut read).await, [put(&context(gone, "a"))]);
    set_status(&*store, gone, ProjectStatus::Archived).await;
    assert_eq!(changes(&mut read).await, []);
    drop(store.follow(gone).await.unwrap());
    store.delete_project(gone, &Precondition::NONE).await.unwrap();
    for _ in 0..2 {
        assert_fails!(read.changes().await, Error::ProjectNotFound);
        assert_fails!(unread.changes().await, Error::ProjectNotFound);
        assert_fails!(store.follow(gone).await.map(drop), Error::ProjectNotFound);
    }
    // No delete falls between what follow checks and what its follower sees.
    for _ in 0..30 {
        let gone = kept_project(&*store).await;
        let (following, deleting) = (harness.store(), harness.store());
        let follow = tokio::spawn(async move { following.follow(gone).await });
        let delete = tokio::spawn(async move { deleting.delete_project(gone, &Precondition::NONE).await });
        assert!(delete.await.unwrap().unwrap());
        let outcome = match follow.await.unwrap() {
            Ok(mut follower) => follower.changes().await.map(drop),
            Err(error) => Err(error),
        };
        assert_fails!(outcome, Error::ProjectNotFound);
    }
}

/// What was refused is no change.
pub async fn shows_no_refused_write(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    keep(&*store, context(project, "a")).await;
    let mut follower = store.follow(project).await.unwrap();
    let absent = Precondition { if_match: None, if_none_match: Some(pm_core::model::Match::Any) };
    assert!(store.put_items(project, &put_if(context(project, "a"), absent)).await.is_err());
    let two = vec![context(project, "a"), context(project, "b")];
    assert!(store.put_items(project, &limited(two, 1, LimitPolicy::Reject)).await.is_err());
    store.put_items(project, &batch(vec![])).await.unwrap();
    store.delete_items(project, &MemoryType::ALL, &key("absent"), &Precondition::NONE).await.unwrap();
    assert_eq!(changes(&mut follower).await, []);
}

/// A follower that leaves too much unread has lost track, for good; a new one starts afresh.
pub async fn loses_track_at_its_bound(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut follower = store.follow(project).await.unwrap();
    // Each another item: of several changes of one item, a store need remember only the last.
    for batch in 0..=harness.follower_entries() / 1000 {
        let names = (batch * 1000..(batch + 1) * 1000).map(|n| context(project, &n.to_string()));
        store_all(&*store, names.collect()).await;
    }
    assert_eq!(follower.changes().await.unwrap(), Changes::Lost);
    keep(&*store, context(project, "a")).await;
    assert_eq!(follower.changes().await.unwrap(), Changes::Lost);
    let mut fresh = store.follow(project).await.unwrap();
    keep(&*store, context(project, "b")).await;
    assert_eq!(changes(&mut fresh).await, [put(&context(project, "b"))]);
}

/// Dropping a follower leaves the others and the writers as they were.
pub async fn may_be_dropped(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let dropped = store.follow(project).await.unwrap();
    let mut stays = store.follow(project).await.unwrap();
    drop(dropped);
    keep(&*store, context(project, "a")).await;
    assert_eq!(changes(&mut stays).await, [put(&context(project, "a"))]);
}

type State = BTreeMap<(MemoryType, Key), MemoryItem>;

fn apply(state: &mut State, changes: Vec<Change>) {
    for change in changes {
        match change {
            Change::Put(item) => {
                state.insert((item.r#type, item.key.clone()), item.as_ref().clone());
            }
            Change::Removed(r#type, key) => {
                state.remove(&(r#type, key));
            }
            Change::Cleared => state.clear(),
        }
    }
}

async fn write_much(store: Arc<dyn Store>, project: ProjectId, writer: usize) {
    for n in 0..60 {
        let name = format!("{}", (n * 7 + writer) % 40);
        match (n + writer) % 5 {
            0 => {
                let types = [MemoryType::Context];
                store.delete_items(project, &types, &key(&name), &Precondition::NONE).await.unwrap();
            }
            1 => {
                let put = limited(vec![context(project, &name)], 30, LimitPolicy::EvictOldest);
                store.put_items(project, &put).await.unwrap();
            }
            2 if n == 30 => {
                store.clear_items(project).await.unwrap();
            }
            _ => {
                let value = pm_core::model::JsonText::of(&format!("{writer}-{n}").into());
                keep(&*store, MemoryItem { value, ..context(project, &name) }).await;
            }
        }
    }
}

/// A scan and the changes since make up the state, while 16 write.
pub async fn rebuilds_the_state(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        writers.spawn(write_much(harness.store(), project, writer));
    }
    let mut follower = store.follow(project).await.unwrap();
    let scan = store.scan_items(project, None, 10_000).await.unwrap();
    let mut state: State = scan.into_iter().map(|item| ((item.r#type, item.key.clone()), item)).collect();
    while writers.join_next().await.is_some() {
        apply(&mut state, changes(&mut follower).await);
    }
    apply(&mut state, changes(&mut follower).await);
    let truth = store.scan_items(project, None, 10_000).await.unwrap();
    assert_eq!(state.into_values().collect::<Vec<_>>(), truth);
}

/// A replay is no change.
pub async fn sees_replays_once(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut follower = store.follow(project).await.unwrap();
    let record = once(1, 1, harness.now() + harness.moment() * 1000);
    for _ in 0..2 {
        put_once(&*store, context(project, "a"), &record).await.unwrap();
    }
    assert_eq!(changes(&mut follower).await, [put(&context(project, "a"))]);
}
