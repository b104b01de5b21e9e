//! Writes that may be repeated.

use pm_core::Error;
use pm_core::model::{Match, MemoryType, Precondition, ProjectId, ProjectStatus};
use pm_core::ports::{LimitPolicy, Once, PutItems};
use tokio::task::JoinSet;

use super::Harness;
use super::fixture::{
    batch, context, is_there, keep, kept_project, key, limited, message, once, project, put_if, put_once,
    set_status, uuid,
};

/// A repeat answers the first outcome and stamp and does nothing, for each kind of write.
pub async fn replays_each_kind(harness: &dyn Harness) {
    let store = harness.store();
    let until = harness.now() + harness.moment() * 1000;
    let (first, second) = (project("first"), project("second"));
    let of_project = once(1, 1, until);
    let made = store.create_project(&first, Some(&of_project)).await.unwrap();
    assert_eq!(made.replay_of, None);
    // A repeat comes with a stamp and an id of its own.
    let again = store.create_project(&second, Some(&once(1, 1, until))).await.unwrap();
    assert_eq!((again.outcome, again.replay_of), (made.outcome, Some(of_project.stamp)));
    assert_eq!(store.project(second.id).await.unwrap(), None);

    let of_message = once(2, 1, until);
    let made = store.create_message(&message(first.id, "hello"), Some(&of_message)).await.unwrap();
    let repeated = message(first.id, "hello");
    let again = store.create_message(&repeated, Some(&once(2, 1, until))).await.unwrap();
    assert_eq!((again.outcome, again.replay_of), (made.outcome, Some(of_message.stamp)));
    assert_eq!(store.message(first.id, repeated.id).await.unwrap(), None);

    keep(&*store, context(first.id, "old:\"\\*")).await;
    let of_items = once(3, 1, until);
    let mut put = limited(vec![context(first.id, "a")], 1, LimitPolicy::EvictOldest);
    put.once = Some(of_items.clone());
    let made = store.put_items(first.id, &put).await.unwrap();
    assert_eq!(made.outcome.evicted, [(MemoryType::Context, key("old:\"\\*"))]);
    let version = store.item(first.id, MemoryType::Context, &key("a")).await.unwrap().unwrap().version;
    put.once = Some(once(3, 1, until));
    let again = store.put_items(first.id, &put).await.unwrap();
    assert_eq!((again.outcome, again.replay_of), (made.outcome, Some(of_items.stamp)));
    let kept = store.item(first.id, MemoryType::Context, &key("a")).await.unwrap().unwrap();
    assert_eq!(kept.version, version);
}

/// The same scope with another fingerprint fails and writes nothing.
pub async fn mismatches(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let until = harness.now() + harness.moment() * 1000;
    put_once(&*store, context(project, "a"), &once(1, 1, until)).await.unwrap();
    let other = put_once(&*store, context(project, "b"), &once(1, 2, until)).await;
    assert_fails!(other, Error::IdempotencyMismatch);
    assert!(!is_there(&*store, project, "b").await);
    assert_fails!(
        store.create_message(&message(project, "hello"), Some(&once(1, 2, until))).await,
        Error::IdempotencyMismatch
    );
    put_once(&*store, context(project, "b"), &once(2, 2, until)).await.unwrap();
}

/// The record comes before every other check: absence, archive, conditions, limits.
pub async fn is_checked_first(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let until = harness.now() + harness.moment() * 1000;
    let record = once(1, 1, until);
    let created = Precondition { if_match: None, if_none_match: Some(Match::Any) };
    let mut put =
        PutItems { condition: created, ..limited(vec![context(project, "a")], 1, LimitPolicy::Reject) };
    put.once = Some(record.clone());
    let made = store.put_items(project, &put).await.unwrap();
    let repeat = async || {
        let again = store.put_items(project, &put).await.unwrap();
        assert_eq!((again.outcome, again.replay_of), (made.outcome.clone(), Some(record.stamp)));
    };
    repeat().await;
    set_status(&*store, project, ProjectStatus::Archived).await;
    repeat().await;
    assert_fails!(
        put_once(&*store, context(project, "b"), &once(1, 9, until)).await,
        Error::IdempotencyMismatch
    );
    assert_fails!(
        put_once(&*store, context(ProjectId::new(uuid()), "b"), &once(1, 9, until)).await,
        Error::IdempotencyMismatch
    );
}

/// After its time the record is gone, whether or not it was swept: the write is done again.
pub async fn is_forgotten(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    put_once(&*store, context(project, "a"), &once(1, 1, harness.now() + harness.moment())).await.unwrap();
    harness.let_a_moment_pass().await;
    let later = once(1, 2, harness.now() + harness.moment() * 1000);
    let written = put_once(&*store, context(project, "b"), &later).await.unwrap();
    assert_eq!(written.replay_of, None);
    assert!(is_there(&*store, project, "b").await);
    let again = put_once(&*store, context(project, "b"), &later).await.unwrap();
    assert_eq!(again.replay_of, Some(later.stamp));
    store.sweep(10).await.unwrap();
    let again = put_once(&*store, context(project, "b"), &later).await.unwrap();
    assert_eq!(again.replay_of, Some(later.stamp));
}

/// A write that fails keeps no record, so that it can be tried again.
pub async fn keeps_no_record_of_failures(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let record = once(1, 1, harness.now() + harness.moment() * 1000);
    let with = |put: PutItems| PutItems { once: Some(record.clone()), ..put };
    let absent = ProjectId::new(uuid());
    assert_fails!(store.put_items(absent, &with(batch(vec![]))).await, Error::ProjectNotFound);
    let fails = Precondition { if_match: Some(Match::Any), if_none_match: None };
    let refused = store.put_items(project, &with(put_if(context(project, "a"), fails))).await;
    assert_fails!(refused, Error::PreconditionFailed);
    let beyond = with(limited(vec![context(project, "a")], 0, LimitPolicy::Reject));
    assert_fails!(store.put_items(project, &beyond).await, Error::MemoryLimitReached { .. });
    let other = Once { fingerprint: [7; 32], ..record.clone() };
    let written = put_once(&*store, context(project, "a"), &other).await.unwrap();
    assert_eq!(written.replay_of, None);
    assert!(is_there(&*store, project, "a").await);
}

/// Of twins at the same time one writes, and all answer alike.
pub async fn twins_write_once(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let until = harness.now() + harness.moment() * 1000;
    for round in 0..20 {
        let mut twins = JoinSet::new();
        for _ in 0..8 {
            let (store, record) = (harness.store(), once(round, 1, until));
            twins.spawn(async move {
                let message = message(project, "hello");
                let written = store.create_message(&message, Some(&record)).await.unwrap();
                (written.outcome, written.replay_of, record.stamp)
            });
        }
        let outcomes = twins.join_all().await;
        let firsts: Vec<_> = outcomes.iter().filter(|(_, replay_of, _)| replay_of.is_none()).collect();
        assert_eq!(firsts.len(), 1);
        let (version, _, stamp) = *firsts[0];
        for (outcome, replay_of, _) in &outcomes {
            assert_eq!(*outcome, version);
            assert!(replay_of.is_none_or(|replayed| replayed == stamp));
        }
    }
}
