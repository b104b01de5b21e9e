//! Archived projects.

use pm_core::Error;
use pm_core::model::{Match, MemoryType, Precondition, ProjectId, ProjectStatus};
use pm_core::ports::{LimitPolicy, MessageFilter, Order, PutItems};

use super::Harness;
use super::fixture::{
    batch, context, is_there, keep, kept_project, key, limited, message, put_if, scanned, set_status, uuid,
};
use super::list::all_messages;

/// Writes to messages and memory fail until it is active again; the project's own do not.
pub async fn refuses_writes(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    keep(&*store, context(project, "a")).await;
    let said = message(project, "hello");
    store.create_message(&said, None).await.unwrap();
    set_status(&*store, project, ProjectStatus::Archived).await;
    let none = &Precondition::NONE;
    assert_fails!(
        store.put_items(project, &batch(vec![context(project, "b")])).await,
        Error::ProjectArchived
    );
    assert_fails!(store.put_items(project, &batch(vec![])).await, Error::ProjectArchived);
    assert_fails!(
        store.delete_items(project, &MemoryType::ALL, &key("a"), none).await,
        Error::ProjectArchived
    );
    assert_fails!(
        store.delete_items(project, &MemoryType::ALL, &key("absent"), none).await,
        Error::ProjectArchived
    );
    assert_fails!(store.clear_items(project).await, Error::ProjectArchived);
    assert_fails!(store.create_message(&message(project, "more"), None).await, Error::ProjectArchived);
    assert_fails!(store.delete_message(project, said.id, none).await, Error::ProjectArchived);
    set_status(&*store, project, ProjectStatus::Active).await;
    assert!(keep(&*store, context(project, "b")).await.0);
    set_status(&*store, project, ProjectStatus::Archived).await;
    assert!(store.delete_project(project, none).await.unwrap());
}

/// What it holds can be read.
pub async fn can_be_read(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    keep(&*store, context(project, "a")).await;
    let said = message(project, "hello");
    store.create_message(&said, None).await.unwrap();
    set_status(&*store, project, ProjectStatus::Archived).await;
    assert!(is_there(&*store, project, "a").await);
    assert_eq!(scanned(&*store, project).await.len(), 1);
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
    assert_eq!(store.message(project, said.id).await.unwrap().unwrap().value, said);
    let listed = all_messages(&*store, project, &MessageFilter::default(), (Order::Ascending, 5)).await;
    assert_eq!(listed, [said]);
}

/// It comes before conditions and limits, and after the project's absence.
pub async fn comes_before_other_checks(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    set_status(&*store, project, ProjectStatus::Archived).await;
    let fails = Precondition { if_match: Some(Match::Any), if_none_match: None };
    let put = put_if(context(project, "a"), fails.clone());
    assert_fails!(store.put_items(project, &put).await, Error::ProjectArchived);
    let beyond = PutItems { condition: fails.clone(), ..limited(put.items, 0, LimitPolicy::Reject) };
    assert_fails!(store.put_items(project, &beyond).await, Error::ProjectArchived);
    let delete = store.delete_items(project, &[MemoryType::Context], &key("a"), &fails).await;
    assert_fails!(delete, Error::ProjectArchived);
    let said = message(project, "hello");
    assert_fails!(store.delete_message(project, said.id, &fails).await, Error::ProjectArchived);
    let absent = ProjectId::new(uuid());
    let delete = store.delete_items(absent, &[MemoryType::Context], &key("a"), &fails).await;
    assert_fails!(delete, Error::ProjectNotFound);
    assert_fails!(store.delete_message(absent, said.id, &fails).await, Error::ProjectNotFound);
    assert_fails!(store.create_message(&message(absent, "hello"), None).await, Error::ProjectNotFound);
}
