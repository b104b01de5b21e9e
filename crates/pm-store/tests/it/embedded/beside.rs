//! The vault, opened beside the store that holds the directory.

use std::path::Path;
use std::sync::Arc;

use pm_core::ports::{Clock, Content, Expected, ManualClock, Shelf, Store, Vault};
use pm_store::conformance::Harness;
use pm_store::embedded::{Beside, OpenError};
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::{Embedded, harness};
use crate::fixture::kept_project;

async fn beside(harness: &Embedded) -> Arc<Beside> {
    Beside::open(harness.folder.path(), harness.clock.clone()).await.unwrap()
}

async fn refused(directory: &Path) -> OpenError {
    let clock = Arc::new(ManualClock::new(jiff::Timestamp::UNIX_EPOCH));
    Beside::open(directory, clock).await.unwrap_err()
}

fn content(body: &str) -> Content {
    Content { body: body.to_owned(), expires_at: None }
}

#[tokio::test]
async fn both_see_what_the_other_has_written() {
    let harness = harness().await;
    let beside = beside(&harness).await;
    let vaults: [Arc<dyn Vault>; 2] = [harness.store.clone(), beside];
    for (one, other) in [(&vaults[0], &vaults[1]), (&vaults[1], &vaults[0])] {
        let before = other.revision().await.unwrap();
        let first = one.put_record(Shelf::Keys, "a", &content("1"), Expected::Absent).await.unwrap().unwrap();
        let seen = other.record(Shelf::Keys, "a").await.unwrap().unwrap();
        assert_eq!((seen.content.body.as_str(), seen.version), ("1", first));
        assert_eq!(other.put_record(Shelf::Keys, "a", &content("2"), Expected::Absent).await.unwrap(), None);
        let expected = Expected::Version(first);
        let second = other.put_record(Shelf::Keys, "a", &content("2"), expected).await.unwrap().unwrap();
        let replaced = one.revision().await.unwrap();
        assert!(second > first && replaced > before);
        assert_eq!(one.records(Shelf::Keys, None, 9).await.unwrap()[0].version, second);
        assert!(one.remove_record(Shelf::Keys, "a").await.unwrap());
        assert_eq!(other.record(Shelf::Keys, "a").await.unwrap(), None);
        assert!(other.revision().await.unwrap() > replaced);
    }
}

#[tokio::test]
async fn both_judge_by_their_clock_what_has_expired() {
    let harness = harness().await;
    let beside = beside(&harness).await;
    let expires_at = Some(harness.clock.now() + harness.moment());
    let dying = Content { expires_at, ..content("1") };
    beside.put_record(Shelf::Keys, "a", &dying, Expected::Any).await.unwrap().unwrap();
    assert!(harness.store.record(Shelf::Keys, "a").await.unwrap().is_some());
    harness.let_a_moment_pass().await;
    assert_eq!(beside.record(Shelf::Keys, "a").await.unwrap(), None);
    assert_eq!(harness.store.record(Shelf::Keys, "a").await.unwrap(), None);
    assert_eq!(harness.store.sweep(9).await.unwrap().records, 1);
}

/// None fails because the other writes, and no version is given twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_write_at_once() {
    let harness = harness().await;
    let vaults: [Arc<dyn Vault>; 2] = [harness.store.clone(), beside(&harness).await];
    let mut writers = JoinSet::new();
    for n in 0..60 {
        let vault = vaults[n % 2].clone();
        writers.spawn(async move {
            let id = (n / 6).to_string();
            vault.put_record(Shelf::Keys, &id, &content("1"), Expected::Any).await.unwrap().unwrap()
        });
    }
    let mut versions = writers.join_all().await;
    versions.sort_unstable();
    assert_eq!(versions, (1..=60).collect::<Vec<_>>());
    assert_eq!(vaults[1].revision().await.unwrap(), 50);
}

/// The store's writer waits for the one who writes beside it.
#[tokio::test]
async fn a_short_lock_is_waited_for() {
    let harness = harness().await;
    let intruder = Connection::open(harness.folder.path().join("ai-pm.sqlite3")).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE; UPDATE vault SET version = 7").unwrap();
    let (store, beside) = (harness.store.clone(), beside(&harness).await);
    let put =
        tokio::spawn(async move { store.put_record(Shelf::Keys, "a", &content("1"), Expected::Any).await });
    let also =
        tokio::spawn(async move { beside.put_record(Shelf::Keys, "b", &content("1"), Expected::Any).await });
    // Both run until they wait for the lock, or will come to find it free.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(harness.store.record(Shelf::Keys, "a").await.unwrap(), None, "reads wait for nothing");
    intruder.execute_batch("COMMIT").unwrap();
    let mut versions = [put.await.unwrap().unwrap(), also.await.unwrap().unwrap()];
    versions.sort_unstable();
    assert_eq!(versions, [Some(8), Some(9)]);
}

#[tokio::test]
async fn it_outlives_the_store_and_keeps_no_one_out() {
    let harness = harness().await;
    let beside = beside(&harness).await;
    harness.store.close().await.unwrap();
    beside.put_record(Shelf::Keys, "a", &content("1"), Expected::Any).await.unwrap().unwrap();
    let harness = harness.reopened().await;
    kept_project(&*harness.store).await;
    assert!(harness.store.record(Shelf::Keys, "a").await.unwrap().is_some());
    assert!(beside.remove_record(Shelf::Keys, "a").await.unwrap());
    drop(beside);
    harness.store.close().await.unwrap();
    let alone = self::beside(&harness).await;
    assert_eq!(alone.record(Shelf::Keys, "a").await.unwrap(), None);
    assert_eq!(alone.revision().await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(&error, OpenError::Missing(path) if path == folder.path()), "{error}");
    assert!(matches!(refused(&folder.path().join("deep")).await, OpenError::Missing(_)));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn another_schema_is_refused() {
    let harness = harness().await;
    harness.store.close().await.unwrap();
    let file = harness.folder.path().join("ai-pm.sqlite3");
    let is = |version: u32| {
        Connection::open(&file).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    is(2);
    let error = refused(harness.folder.path()).await;
    assert!(matches!(&error, OpenError::OlderSchema { found: 2, known: 3 }), "{error}");
    assert!(error.to_string().contains("stop the server"), "{error}");
    is(99);
    let error = refused(harness.folder.path()).await;
    assert!(matches!(&error, OpenError::NewerSchema { found: 99, known: 3 }), "{error}");
    let version = Connection::open(&file).unwrap().pragma_query_value(None, "user_version", |row| row.get(0));
    assert_eq!(version, Ok(99), "nothing is brought up to date");
    let theirs = tempfile::tempdir().unwrap();
    let file = theirs.path().join("ai-pm.sqlite3");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(refused(theirs.path()).await, OpenError::Foreign));
}
