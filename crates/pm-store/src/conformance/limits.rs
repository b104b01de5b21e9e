//! The limit of live items.

use pm_core::Error;
use pm_core::model::{Key, MemoryItem, MemoryType, ProjectId};
use pm_core::ports::LimitPolicy::{EvictOldest, Reject};
use pm_core::ports::{PutOutcome, Store};

use super::Harness;
use super::fixture::{at, context, item, kept_project, limited, scanned, store_all};

async fn put(
    store: &dyn Store,
    items: Vec<MemoryItem>,
    max: usize,
    policy: pm_core::ports::LimitPolicy,
) -> pm_core::Result<PutOutcome> {
    let project = items[0].project_id;
    store.put_items(project, &limited(items, max, policy)).await.map(|written| written.outcome)
}

fn aged(project: ProjectId, name: &str, seconds: i64) -> MemoryItem {
    MemoryItem { timestamp: at(seconds), ..context(project, name) }
}

fn keys(evicted: &[(MemoryType, Key)]) -> Vec<&str> {
    evicted.iter().map(|(_, key)| key.as_str()).collect()
}

/// A new item beyond the limit is refused, and nothing is stored.
pub async fn reject(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for name in ["a", "b"] {
        put(&*store, vec![context(project, name)], 2, Reject).await.unwrap();
    }
    let refused = put(&*store, vec![item(project, MemoryType::Error, "a")], 2, Reject).await;
    assert_fails!(refused, Error::MemoryLimitReached { limit: 2 });
    assert_eq!(scanned(&*store, project).await.len(), 2);
    put(&*store, vec![context(project, "c")], 3, Reject).await.unwrap();
    let other = kept_project(&*store).await;
    put(&*store, vec![context(other, "a")], 1, Reject).await.unwrap();
}

/// Replacing an item is never beyond the limit.
pub async fn replacing_is_never_beyond(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let two = vec![context(project, "a"), context(project, "b")];
    store_all(&*store, two.clone()).await;
    for (max, policy) in [(2, Reject), (2, EvictOldest), (1, Reject), (1, EvictOldest), (0, EvictOldest)] {
        let outcome = put(&*store, two.clone(), max, policy).await.unwrap();
        assert!(outcome.entries.iter().all(|(created, _)| !created));
        assert_eq!(outcome.evicted, []);
    }
    assert_eq!(scanned(&*store, project).await.len(), 2);
}

/// A batch over the limit is refused whole; replaced ones need no place.
pub async fn batches_are_refused_whole(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let named = |names: &[&str]| names.iter().map(|name| context(project, name)).collect::<Vec<_>>();
    put(&*store, named(&["a", "b"]), 3, Reject).await.unwrap();
    let refused = put(&*store, named(&["a", "c", "d"]), 3, Reject).await;
    assert_fails!(refused, Error::MemoryLimitReached { limit: 3 });
    assert_eq!(scanned(&*store, project).await.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    put(&*store, named(&["a", "b", "c"]), 3, Reject).await.unwrap();
}

/// The oldest by timestamp make room, ties by type and key, just as many as needed, in order of leaving.
pub async fn evict_the_oldest(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let tied = |r#type, name| MemoryItem { timestamp: at(5), ..item(project, r#type, name) };
    let old = vec![
        aged(project, "young", 9),
        tied(MemoryType::Solution, "a"),
        tied(MemoryType::Error, "z"),
        tied(MemoryType::Error, "y"),
        aged(project, "oldest", -1),
    ];
    store_all(&*store, old).await;
    let outcome = put(&*store, vec![aged(project, "new", 0)], 5, EvictOldest).await.unwrap();
    assert_eq!(keys(&outcome.evicted), ["oldest"]);
    let three = ["n1", "n2", "n3"].map(|name| aged(project, name, -100)).into();
    let outcome = put(&*store, three, 5, EvictOldest).await.unwrap();
    assert_eq!(outcome.evicted[1], (MemoryType::Error, Key::new("y").unwrap()));
    assert_eq!(keys(&outcome.evicted), ["new", "y", "z"]);
    let left: Vec<_> = scanned(&*store, project).await.into_iter().collect();
    assert_eq!(left, ["a", "n1", "n2", "n3", "young"]);
    assert_eq!(store.count_items(project).await.unwrap(), [0, 1, 4, 0]);
}

/// What is being written is not evicted; where the others are not enough, the write is refused.
pub async fn evict_not_what_is_written(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    store_all(&*store, vec![aged(project, "old", 0), aged(project, "other", 1)]).await;
    let outcome =
        put(&*store, vec![aged(project, "old", -9), aged(project, "new", -9)], 2, EvictOldest).await.unwrap();
    assert_eq!(keys(&outcome.evicted), ["other"]);
    assert_eq!(outcome.entries.iter().map(|(created, _)| *created).collect::<Vec<_>>(), [false, true]);
    let three = ["old", "n1", "n2"].map(|name| aged(project, name, 0)).into();
    let refused = put(&*store, three, 2, EvictOldest).await;
    assert_fails!(refused, Error::MemoryLimitReached { limit: 2 });
    assert_eq!(scanned(&*store, project).await.into_iter().collect::<Vec<_>>(), ["new", "old"]);
    assert_fails!(
        put(&*store, vec![aged(project, "n1", 0)], 0, EvictOldest).await,
        Error::MemoryLimitReached { limit: 0 }
    );
}

/// A limit that was lowered holds for the next new item.
pub async fn lowered_limits(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let five = (0..5).map(|n| aged(project, &n.to_string(), n)).collect();
    store_all(&*store, five).await;
    assert_fails!(
        put(&*store, vec![context(project, "new")], 3, Reject).await,
        Error::MemoryLimitReached { limit: 3 }
    );
    let outcome = put(&*store, vec![aged(project, "new", 9)], 3, EvictOldest).await.unwrap();
    assert_eq!(keys(&outcome.evicted), ["0", "1", "2"]);
    assert_eq!(scanned(&*store, project).await.into_iter().collect::<Vec<_>>(), ["3", "4", "new"]);
}
