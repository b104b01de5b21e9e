//! Conditions on writes.

use pm_core::Error;
use pm_core::model::{Match, MemoryType, Precondition, ProjectId, Version};

use super::Harness;
use super::fixture::batch;
use super::fixture::{context, is_there, keep, kept_project, key, message, put_if, scanned, uuid};

fn if_match(matched: Match) -> Precondition {
    Precondition { if_match: Some(matched), if_none_match: None }
}

fn if_none_match(matched: Match) -> Precondition {
    Precondition { if_match: None, if_none_match: Some(matched) }
}

fn versions(version: Version) -> Match {
    Match::Versions(vec![Version(u64::MAX), version])
}

/// A put whose condition fails writes nothing.
pub async fn on_puts(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let put = async |condition| {
        let written = store.put_items(project, &put_if(context(project, "a"), condition)).await;
        written.map(|written| written.outcome.entries[0])
    };
    assert_fails!(put(if_match(Match::Any)).await, Error::PreconditionFailed);
    assert_fails!(put(if_match(versions(Version(1)))).await, Error::PreconditionFailed);
    assert!(!is_there(&*store, project, "a").await);
    let (created, first) = put(if_none_match(Match::Any)).await.unwrap();
    assert!(created);
    assert_fails!(put(if_none_match(Match::Any)).await, Error::PreconditionFailed);
    assert_fails!(put(if_none_match(versions(first))).await, Error::PreconditionFailed);
    let (created, second) = put(if_match(versions(first))).await.unwrap();
    assert!(!created && second > first);
    assert_fails!(put(if_match(versions(first))).await, Error::PreconditionFailed);
    put(if_none_match(versions(first))).await.unwrap();
    put(if_match(Match::Any)).await.unwrap();
}

/// A delete whose condition fails deletes nothing, and fails on what is absent.
pub async fn on_deletes(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let delete =
        async |condition| store.delete_items(project, &[MemoryType::Context], &key("a"), &condition).await;
    assert_fails!(delete(if_match(Match::Any)).await, Error::PreconditionFailed);
    let (_, version) = keep(&*store, context(project, "a")).await;
    assert_fails!(delete(if_match(versions(Version(u64::MAX)))).await, Error::PreconditionFailed);
    assert_fails!(delete(if_none_match(Match::Any)).await, Error::PreconditionFailed);
    assert!(is_there(&*store, project, "a").await);
    assert_eq!(delete(if_match(versions(version))).await.unwrap(), [MemoryType::Context]);
    // Made again it has another version.
    keep(&*store, context(project, "a")).await;
    assert_fails!(delete(if_match(versions(version))).await, Error::PreconditionFailed);
}

/// The project's own version, not that of its memory.
pub async fn on_projects(harness: &dyn Harness) {
    let store = harness.store();
    let absent = store.delete_project(ProjectId::new(uuid()), &if_match(Match::Any)).await;
    assert_fails!(absent, Error::PreconditionFailed);
    let project = kept_project(&*store).await;
    let version = store.project(project).await.unwrap().unwrap().version;
    let (_, of_item) = keep(&*store, context(project, "a")).await;
    let stale = store.delete_project(project, &if_match(versions(of_item))).await;
    assert_fails!(stale, Error::PreconditionFailed);
    assert!(is_there(&*store, project, "a").await);
    assert_eq!(store.project(project).await.unwrap().unwrap().version, version);
    assert!(store.delete_project(project, &if_match(versions(version))).await.unwrap());
}

/// As on items.
pub async fn on_messages(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let said = message(project, "hello");
    let delete = async |condition| store.delete_message(project, said.id, &condition).await;
    assert_fails!(delete(if_match(Match::Any)).await, Error::PreconditionFailed);
    let version = store.create_message(&said, None).await.unwrap().outcome;
    assert_fails!(delete(if_match(versions(Version(u64::MAX)))).await, Error::PreconditionFailed);
    assert_fails!(delete(if_none_match(Match::Any)).await, Error::PreconditionFailed);
    assert!(delete(if_match(versions(version))).await.unwrap());
}

/// Of several items, or of several types, no condition is checked.
pub async fn only_for_a_single_item(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let fails = if_match(Match::Any);
    let mut put = batch(vec![context(project, "a"), context(project, "b")]);
    put.condition = fails.clone();
    store.put_items(project, &put).await.unwrap();
    assert_eq!(scanned(&*store, project).await.len(), 2);
    let deleted = store.delete_items(project, &MemoryType::ALL, &key("absent"), &fails).await.unwrap();
    assert_eq!(deleted, []);
}
