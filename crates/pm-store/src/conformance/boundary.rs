//! A project is a hard boundary.

use pm_core::Error;
use pm_core::model::{MemoryItem, MemoryType, Message, Precondition, SessionId};
use pm_core::ports::{ItemFilter, ItemSort, LimitPolicy, MessageFilter, Order, ProjectFilter, ProjectSort};

use super::Harness;
use super::fixture::{at, context, item, keep, kept_project, key, limited, message, scanned, store_all};
use super::list::{all_keys, all_messages, all_projects, first};

/// The same names in two projects are different things, for every method.
pub async fn nothing_is_seen_from_another_project(harness: &dyn Harness) {
    let store = harness.store();
    let (mine, other) = (kept_project(&*store).await, kept_project(&*store).await);
    let session_id = SessionId::new("s").ok();
    let of_mine = MemoryItem { session_id: session_id.clone(), timestamp: at(-9), ..context(mine, "same") };
    store_all(&*store, vec![of_mine.clone(), context(mine, "secret")]).await;
    let said = Message { session_id: session_id.clone(), ..message(mine, "secret") };
    store.create_message(&said, None).await.unwrap();

    assert!(keep(&*store, context(other, "same")).await.0);
    assert_eq!(store.item(other, MemoryType::Context, &key("secret")).await.unwrap(), None);
    let names = [(MemoryType::Context, key("secret")), (MemoryType::Context, key("same"))];
    let found = store.items(other, &names).await.unwrap();
    assert!(found[0].is_none() && found[1].as_ref().unwrap().value.project_id == other);
    assert_eq!(store.count_items(other).await.unwrap(), [0, 0, 1, 0]);
    assert_eq!(scanned(&*store, other).await.len(), 1);
    let in_session = ItemFilter { session_id: session_id.clone(), ..ItemFilter::default() };
    let by_time = (ItemSort::Timestamp, Order::Ascending, 9);
    assert!(all_keys(&*store, other, &in_session, by_time).await.is_empty());
    assert_eq!(all_keys(&*store, other, &ItemFilter::default(), by_time).await, ["context:same"]);
    assert_eq!(store.message(other, said.id).await.unwrap(), None);
    assert!(!store.delete_message(other, said.id, &Precondition::NONE).await.unwrap());
    let messages = MessageFilter { session_id, ..MessageFilter::default() };
    assert!(all_messages(&*store, other, &messages, (Order::Ascending, 9)).await.is_empty());

    // Eviction, deletes and clears stay at home.
    let evicting = limited(vec![item(other, MemoryType::Error, "new")], 1, LimitPolicy::EvictOldest);
    let evicted = store.put_items(other, &evicting).await.unwrap().outcome.evicted;
    assert_eq!(evicted, [(MemoryType::Context, key("same"))]);
    let deleted = store.delete_items(other, &MemoryType::ALL, &key("same"), &Precondition::NONE).await;
    assert_eq!(deleted.unwrap(), []);
    assert_eq!(store.clear_items(other).await.unwrap(), 1);
    assert!(store.delete_project(other, &Precondition::NONE).await.unwrap());
    assert_eq!(store.item(mine, MemoryType::Context, &key("same")).await.unwrap().unwrap().value, of_mine);
    assert_eq!(store.count_items(mine).await.unwrap(), [0, 0, 2, 0]);
    assert_eq!(store.message(mine, said.id).await.unwrap().unwrap().value, said);
}

/// After a delete every method answers absence; projects beside it are whole.
pub async fn deleting_leaves_nothing(harness: &dyn Harness) {
    let store = harness.store();
    let (gone, stays) = (kept_project(&*store).await, kept_project(&*store).await);
    let said = message(gone, "hello");
    store.create_message(&said, None).await.unwrap();
    for project in [gone, stays] {
        let dying =
            MemoryItem { expires_at: Some(harness.now() + harness.moment()), ..context(project, "dying") };
        store_all(&*store, vec![context(project, "a"), dying]).await;
    }
    assert!(store.delete_project(gone, &Precondition::NONE).await.unwrap());
    assert_eq!(store.item(gone, MemoryType::Context, &key("a")).await.unwrap(), None);
    assert_eq!(store.message(gone, said.id).await.unwrap(), None);
    assert_fails!(store.count_items(gone).await, Error::ProjectNotFound);
    assert_fails!(store.scan_items(gone, None, 9).await, Error::ProjectNotFound);
    assert_fails!(store.clear_items(gone).await, Error::ProjectNotFound);
    let items =
        store.list_items(gone, &ItemFilter::default(), &first(ItemSort::Key, Order::Ascending, 9)).await;
    assert_fails!(items, Error::ProjectNotFound);
    let messages =
        store.list_messages(gone, &MessageFilter::default(), &first((), Order::Ascending, 9)).await;
    assert_fails!(messages, Error::ProjectNotFound);
    let put = store.put_items(gone, &super::fixture::batch(vec![context(gone, "b")])).await;
    assert_fails!(put, Error::ProjectNotFound);
    let by_name = (ProjectSort::Name, Order::Ascending, 9);
    assert_eq!(all_projects(&*store, &ProjectFilter::default(), by_name).await.len(), 1);
    harness.let_a_moment_pass().await;
    assert!(store.sweep(10).await.unwrap().items <= 1);
    assert_eq!(store.count_items(stays).await.unwrap(), [0, 0, 1, 0]);
    // A new project, wherever it is kept, starts empty.
    let fresh = kept_project(&*store).await;
    assert_eq!(store.count_items(fresh).await.unwrap(), [0; 4]);
    assert!(all_messages(&*store, fresh, &MessageFilter::default(), (Order::Ascending, 9)).await.is_empty());
}
