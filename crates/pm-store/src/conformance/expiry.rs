//! Items whose time has come.

use pm_core::Error;
use pm_core::model::{Match, MemoryItem, MemoryType, Precondition, ProjectId};
use pm_core::ports::{ItemFilter, ItemSort, LimitPolicy, Order, Store};

use super::Harness;
use super::fixture::{
    context, is_there, item, keep, kept_project, key, limited, once, put_if, put_once, scanned, store_all,
};
use super::list::all_keys;

fn dying(harness: &dyn Harness, item: MemoryItem) -> MemoryItem {
    MemoryItem { ttl: Some(1), expires_at: Some(harness.now() + harness.moment()), ..item }
}

async fn listed(store: &dyn Store, project: ProjectId) -> Vec<String> {
    let by_time = (ItemSort::Timestamp, Order::Ascending, 10);
    let by_key = (ItemSort::Key, Order::Ascending, 10);
    let mut keys = all_keys(store, project, &ItemFilter::default(), by_time).await;
    keys.sort();
    let mut again = all_keys(store, project, &ItemFilter::default(), by_key).await;
    again.sort();
    assert_eq!(keys, again);
    keys
}

/// It is there until its time has come, and absent for every method from then on, swept or not.
pub async fn is_absent_everywhere(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let dying = dying(harness, item(project, MemoryType::Error, "dying"));
    store_all(&*store, vec![dying.clone(), context(project, "living")]).await;
    assert_eq!(store.item(project, MemoryType::Error, &key("dying")).await.unwrap().unwrap().value, dying);
    assert_eq!(store.count_items(project).await.unwrap(), [1, 0, 1, 0]);
    harness.let_a_moment_pass().await;
    assert_eq!(store.item(project, MemoryType::Error, &key("dying")).await.unwrap(), None);
    assert_eq!(store.items(project, &[(MemoryType::Error, key("dying"))]).await.unwrap(), [None]);
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
    assert_eq!(listed(&*store, project).await, ["context:living"]);
    let of_type = ItemFilter { r#type: Some(MemoryType::Error), ..ItemFilter::default() };
    let keys = all_keys(&*store, project, &of_type, (ItemSort::Key, Order::Descending, 1)).await;
    assert!(keys.is_empty());
    assert_eq!(scanned(&*store, project).await.len(), 1);
    let deleted = store.delete_items(project, &MemoryType::ALL, &key("dying"), &Precondition::NONE).await;
    assert_eq!(deleted.unwrap(), []);
    assert_eq!(store.clear_items(project).await.unwrap(), 1);
    assert_eq!(store.count_items(project).await.unwrap(), [0; 4]);
}

/// A put over it makes a new item, and conditions see it as absent.
pub async fn frees_its_name(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let (_, first) = keep(&*store, dying(harness, context(project, "a"))).await;
    let any = Precondition { if_match: Some(Match::Any), if_none_match: None };
    let none = Precondition { if_match: None, if_none_match: Some(Match::Any) };
    harness.let_a_moment_pass().await;
    let of_type = [MemoryType::Context];
    assert_fails!(store.delete_items(project, &of_type, &key("a"), &any).await, Error::PreconditionFailed);
    let put = store.put_items(project, &put_if(context(project, "a"), any)).await;
    assert_fails!(put, Error::PreconditionFailed);
    let put = store.put_items(project, &put_if(context(project, "a"), none)).await.unwrap();
    let (created, second) = put.outcome.entries[0];
    assert!(created && second > first);
    assert!(is_there(&*store, project, "a").await);
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
    harness.let_a_moment_pass().await;
    assert!(is_there(&*store, project, "a").await);
    let swept = store.sweep(10).await.unwrap();
    assert_eq!(swept.items, 0);
}

/// It no longer counts under the limit, and is no candidate for eviction.
pub async fn frees_its_place(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    store_all(&*store, vec![dying(harness, context(project, "dying")), context(project, "a")]).await;
    let put = |name, policy| limited(vec![context(project, name)], 2, policy);
    let full = store.put_items(project, &put("b", LimitPolicy::Reject)).await;
    assert_fails!(full, Error::MemoryLimitReached { .. });
    harness.let_a_moment_pass().await;
    store.put_items(project, &put("b", LimitPolicy::Reject)).await.unwrap();
    let written = store.put_items(project, &put("c", LimitPolicy::EvictOldest)).await.unwrap();
    assert_eq!(written.outcome.evicted, [(MemoryType::Context, key("a"))]);
    // To store it again takes a place.
    let full = store.put_items(project, &put("dying", LimitPolicy::Reject)).await;
    assert_fails!(full, Error::MemoryLimitReached { .. });
}

/// A sweep changes nothing that can be seen, and a second one finds nothing.
pub async fn is_swept(harness: &dyn Harness) {
    let store = harness.store();
    let (project, other) = (kept_project(&*store).await, kept_project(&*store).await);
    for (scope, project) in [(1, project), (2, other)] {
        let dying = dying(harness, context(project, "dying"));
        put_once(&*store, dying, &once(scope, 1, harness.now() + harness.moment())).await.unwrap();
        keep(&*store, context(project, "living")).await;
    }
    harness.let_a_moment_pass().await;
    store.sweep(100).await.unwrap();
    for project in [project, other] {
        assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
        assert_eq!(listed(&*store, project).await, ["context:living"]);
        assert!(keep(&*store, dying(harness, context(project, "dying"))).await.0);
    }
    let again = store.sweep(100).await.unwrap();
    assert_eq!((again.items, again.once), (0, 0));
}

/// A sweep removes no more than it is asked to.
pub async fn sweeps_are_bounded(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let items = (0..10).map(|n| dying(harness, context(project, &n.to_string()))).collect();
    store_all(&*store, items).await;
    harness.let_a_moment_pass().await;
    let mut swept = 0;
    loop {
        let once = store.sweep(3).await.unwrap().items;
        assert!(once <= 3);
        assert_eq!(store.count_items(project).await.unwrap(), [0; 4]);
        if once == 0 {
            break;
        }
        swept += once;
    }
    assert!(swept <= 10);
}
