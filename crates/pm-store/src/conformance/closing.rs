//! Closing a store.

use pm_core::Error;
use pm_core::model::{MemoryType, Precondition, Version};
use pm_core::ports::{ItemFilter, ItemSort, MessageFilter, Order, ProjectFilter, ProjectSort};
use tokio::task::JoinSet;

use super::Harness;
use super::fixture::{batch, context, keep, kept_project, key, message, project};
use super::list::first;

/// Every method of a closed store answers that it does not answer; closing again does no harm.
pub async fn answers_unavailable_afterwards(harness: &dyn Harness) {
    let store = harness.store();
    let id = kept_project(&*store).await;
    keep(&*store, context(id, "a")).await;
    let mut follower = store.follow(id).await.unwrap();
    store.ping().await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    let (none, of_context) = (&Precondition::NONE, MemoryType::Context);
    let said = message(id, "hello");
    assert_fails!(store.ping().await, Error::StoreUnavailable(_));
    assert_fails!(store.create_project(&project("x"), None).await, Error::StoreUnavailable(_));
    assert_fails!(store.project(id).await, Error::StoreUnavailable(_));
    assert_fails!(store.replace_project(&project("x"), Version(1)).await, Error::StoreUnavailable(_));
    assert_fails!(store.delete_project(id, none).await, Error::StoreUnavailable(_));
    let page = first(ProjectSort::Name, Order::Ascending, 1);
    assert_fails!(store.projects(&ProjectFilter::default(), &page).await, Error::StoreUnavailable(_));
    assert_fails!(store.put_items(id, &batch(vec![])).await, Error::StoreUnavailable(_));
    assert_fails!(store.item(id, of_context, &key("a")).await, Error::StoreUnavailable(_));
    assert_fails!(store.items(id, &[]).await, Error::StoreUnavailable(_));
    assert_fails!(store.delete_items(id, &[of_context], &key("a"), none).await, Error::StoreUnavailable(_));
    assert_fails!(store.clear_items(id).await, Error::StoreUnavailable(_));
    assert_fails!(store.count_items(id).await, Error::StoreUnavailable(_));
    let page = first(ItemSort::Key, Order::Ascending, 1);
    assert_fails!(store.list_items(id, &ItemFilter::default(), &page).await, Error::StoreUnavailable(_));
    assert_fails!(store.scan_items(id, None, 1).await, Error::StoreUnavailable(_));
    assert!(matches!(store.follow(id).await.map(drop), Err(Error::StoreUnavailable(_))));
    assert_fails!(follower.changes().await, Error::StoreUnavailable(_));
    assert_fails!(store.create_message(&said, None).await, Error::StoreUnavailable(_));
    assert_fails!(store.message(id, said.id).await, Error::StoreUnavailable(_));
    assert_fails!(store.delete_message(id, said.id, none).await, Error::StoreUnavailable(_));
    let page = first((), Order::Ascending, 1);
    assert_fails!(
        store.list_messages(id, &MessageFilter::default(), &page).await,
        Error::StoreUnavailable(_)
    );
    assert_fails!(store.sweep(1).await, Error::StoreUnavailable(_));
}

/// Each write under way when it closes is answered: done, or not available.
pub async fn finishes_what_was_accepted(harness: &dyn Harness) {
    let store = harness.store();
    let id = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for n in 0..50 {
        let store = harness.store();
        writers.spawn(async move { store.put_items(id, &batch(vec![context(id, &n.to_string())])).await });
    }
    let first = writers.join_next().await.unwrap().unwrap();
    first.unwrap();
    store.close().await.unwrap();
    while let Some(outcome) = writers.join_next().await {
        match outcome.unwrap() {
            Ok(_) | Err(Error::StoreUnavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
