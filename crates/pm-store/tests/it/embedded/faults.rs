//! Faults of the database, made by triggers and locks of a second connection.

use jiff::Timestamp;
use pm_core::Error;
use pm_core::model::{Precondition, ProjectId};
use pm_core::ports::{Ids, Once, PutItems, RandomIds, Stamp, Store};
use pm_store::conformance::Harness;
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::{Embedded, harness};
use crate::fixture::{is_there, item, keep, kept_project, put};

/// Like a shell that someone opens beside the store.
fn intruder(harness: &Embedded) -> Connection {
    Connection::open(harness.folder.path().join("ai-pm.sqlite3")).unwrap()
}

/// Makes storing an item of this key fail inside `SQLite`.
fn break_key(harness: &Embedded, key: &str, how: &str) {
    let trigger = format!(
        "CREATE TRIGGER broken_{key} BEFORE INSERT ON item WHEN NEW.key = '{key}' \
         BEGIN SELECT RAISE({how}, 'broken'); END"
    );
    intruder(harness).execute_batch(&trigger).unwrap();
}

/// Stores two items for each key at once, so that they come to lie in few groups.
async fn store_together(harness: &Embedded, project: ProjectId, keys: &[&str]) -> Vec<pm_core::Result<()>> {
    let pair = |key: &&str| put(vec![item(project, &format!("before {key}")), item(project, key)]);
    put_together(harness, project, keys.iter().map(pair).collect()).await
}

/// Makes all these writes at once, while the writer is kept from beginning.
async fn put_together(
    harness: &Embedded,
    project: ProjectId,
    puts: Vec<PutItems>,
) -> Vec<pm_core::Result<()>> {
    let intruder = intruder(harness);
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut writers = JoinSet::new();
    let (count, first) = (puts.len(), puts[0].items[0].key.clone());
    for (n, batch) in puts.into_iter().enumerate() {
        let store = harness.store();
        writers.spawn(async move { (n, store.put_items(project, &batch).await.map(drop)) });
    }
    // On one thread, each of them runs until it waits for its answer.
    for _ in 0..=count {
        tokio::task::yield_now().await;
    }
    // Reads do not wait for writes.
    assert!(!is_there(&*harness.store, project, first.as_str()).await);
    intruder.execute_batch("ROLLBACK").unwrap();
    let mut outcomes = writers.join_all().await;
    outcomes.sort_by_key(|(n, _)| *n);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A write that fails inside `SQLite` is undone alone.
#[tokio::test]
async fn neighbours_of_a_fault_are_kept() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    break_key(&harness, "bad", "ABORT");
    let commits = harness.store.commits();
    let outcomes = store_together(&harness, project, &["a", "b", "bad", "c", "d", "e"]).await;
    let kept: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(kept, [true, true, false, true, true, true]);
    assert!(matches!(outcomes[2], Err(Error::Internal(_))));
    assert_eq!(harness.store.count_items(project).await.unwrap(), [0, 0, 10, 0]);
    assert!(!is_there(&*harness.store, project, "before bad").await);
    assert!(harness.store.commits() - commits < 6, "they did not share a commit");
}

/// What is undone because its record could not be written is not counted.
#[tokio::test]
async fn a_write_without_its_record_is_undone() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    let trigger = "CREATE TRIGGER broken_once BEFORE INSERT ON once BEGIN SELECT RAISE(ABORT, 'broken'); END";
    intruder(&harness).execute_batch(trigger).unwrap();
    let intruder = intruder(&harness);
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let stamp = Stamp { id: RandomIds.next(), at: Timestamp::UNIX_EPOCH };
    let expires_at = Timestamp::UNIX_EPOCH + harness.moment();
    let once = Once { scope: [1; 32], fingerprint: [2; 32], stamp, expires_at };
    let repeatable = PutItems { once: Some(once), ..put(vec![item(project, "b")]) };
    let plain = ["a", "c"].map(|key| put(vec![item(project, key)]));
    let (first, second, third, ()) = tokio::join!(
        harness.store.put_items(project, &plain[0]),
        harness.store.put_items(project, &repeatable),
        harness.store.put_items(project, &plain[1]),
        async { intruder.execute_batch("ROLLBACK").unwrap() }
    );
    assert!(first.is_ok() && matches!(second, Err(Error::Internal(_))) && third.is_ok(), "{second:?}");
    assert!(!is_there(&*harness.store, project, "b").await);
    assert_eq!(harness.store.count_items(project).await.unwrap(), [0, 0, 2, 0]);
}

/// Where `SQLite` rolls a whole transaction back, none of its group is answered as kept, and the next group works.
#[tokio::test]
async fn a_lost_transaction_is_lost_for_all() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    break_key(&harness, "worse", "ROLLBACK");
    let mut follower = harness.store.follow(project).await.unwrap();
    let keys = ["a", "b", "c", "worse", "d", "e"];
    let outcomes = store_together(&harness, project, &keys).await;
    assert!(outcomes[3].is_err());
    let mut lost = 0;
    for (key, outcome) in keys.iter().zip(&outcomes) {
        assert_eq!(is_there(&*harness.store, project, key).await, outcome.is_ok(), "{key}");
        lost += usize::from(matches!(outcome, Err(Error::StoreUnavailable(_))));
    }
    assert!(lost > 0, "the fault stood alone in its group");
    let pm_core::ports::Changes::Since(changes) = follower.changes().await.unwrap() else { panic!("lost") };
    assert_eq!(changes.len(), 2 * outcomes.iter().filter(|outcome| outcome.is_ok()).count());
    keep(&*harness.store, project, "after").await;
    assert!(is_there(&*harness.store, project, "after").await);
    // Alone, it fails for itself.
    assert!(harness.store.put_items(project, &put(vec![item(project, "worse")])).await.is_err());
    keep(&*harness.store, project, "last").await;
}

/// The same where each write is of one item, which has no savepoint: what follows the lost one must not be kept by itself.
#[tokio::test]
async fn a_lost_transaction_is_lost_for_all_of_one_item_each() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    break_key(&harness, "worse", "ROLLBACK");
    let keys = ["a", "b", "worse", "c", "d"];
    let puts = keys.iter().map(|key| put(vec![item(project, key)])).collect();
    let outcomes = put_together(&harness, project, puts).await;
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(kept < 4, "the fault stood alone in its group: {outcomes:?}");
    for (key, outcome) in keys.iter().zip(&outcomes) {
        assert_eq!(is_there(&*harness.store, project, key).await, outcome.is_ok(), "{key}");
    }
    assert_eq!(harness.store.count_items(project).await.unwrap(), [0, 0, kept as u64, 0]);
    keep(&*harness.store, project, "after").await;
    assert_eq!(harness.store.count_items(project).await.unwrap(), [0, 0, kept as u64 + 1, 0]);
}

/// A damaged page is a store that does not answer, never an absence.
#[tokio::test]
async fn damage_is_not_absence() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    for n in 0..200 {
        keep(&*harness.store, project, &format!("{n} {}", "x".repeat(200))).await;
    }
    harness.store.close().await.unwrap();
    let file = harness.folder.path().join("ai-pm.sqlite3");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let store = pm_store::embedded::EmbeddedStore::open(harness.folder.path(), harness.clock.clone()).await;
    let Ok(store) = store else { return };
    assert!(matches!(store.project(project).await, Err(Error::StoreUnavailable(_))));
    let put = store.put_items(project, &put(vec![item(project, "a")])).await;
    assert!(matches!(put, Err(Error::StoreUnavailable(_))), "{put:?}");
    let delete = store.delete_project(project, &Precondition::NONE).await;
    assert!(matches!(delete, Err(Error::StoreUnavailable(_))));
}
