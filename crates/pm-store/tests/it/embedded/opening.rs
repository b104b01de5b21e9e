//! Opening a directory.

use std::sync::Arc;

use jiff::Timestamp;
use pm_core::model::{Key, MemoryType, ProjectId, Version};
use pm_core::ports::{Ids, ItemVector, ManualClock, ModelTag, RandomIds, Store};
use pm_store::embedded::{EmbeddedStore, OpenError};
use rusqlite::Connection;
use std::path::Path;

use super::harness;
use crate::fixture::kept_project;

async fn open(directory: &Path) -> Result<Arc<EmbeddedStore>, OpenError> {
    EmbeddedStore::open(directory, Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH))).await
}

#[tokio::test]
async fn a_second_store_is_refused() {
    let harness = harness().await;
    let refused = open(harness.folder.path()).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Locked(path) if path == harness.folder.path()));
    assert!(refused.to_string().starts_with("another ai-pm holds "));
    kept_project(&*harness.store).await;
    harness.store.close().await.unwrap();
    open(harness.folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_missing_directory_is_made_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("deep/data");
    let store = open(&directory).await.unwrap();
    assert_eq!(store.kind(), "embedded");
    store.ping().await.unwrap();
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&directory.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }
    store.close().await.unwrap();
    assert!(!directory.join("ai-pm.sqlite3-wal").exists(), "the log was not folded in");
}

#[tokio::test]
async fn a_directory_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "").unwrap();
    let refused = open(&path).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Directory { .. }));
    assert!(refused.to_string().contains(path.to_str().unwrap()));
}

#[tokio::test]
async fn an_empty_file_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ai-pm.sqlite3");
    std::fs::write(&file, "").unwrap();
    let store = open(folder.path()).await.unwrap();
    kept_project(&*store).await;
    store.close().await.unwrap();
    let connection = Connection::open(&file).unwrap();
    assert_eq!(connection.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(3));
    assert_eq!(connection.pragma_query_value(None, "journal_mode", |row| row.get(0)), Ok("wal".to_owned()));
}

#[tokio::test]
async fn an_older_schema_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("ai-pm.sqlite3")).unwrap();
    connection.execute_batch(include_str!("../../../src/embedded/migrations/0001_initial.sql")).unwrap();
    connection.pragma_update(None, "application_id", 0x4149_504d).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    let (id, kept) =
        (ProjectId::new(RandomIds.next()), "INSERT INTO project VALUES (1, ?1, 'n', NULL, NULL, 0, 0, 1)");
    connection.execute(kept, [id.uuid().into_bytes()]).unwrap();
    connection.execute("INSERT INTO project_state VALUES (1, 0, 2, 0, 0, 1, 0, 0)", []).unwrap();
    let kept = "INSERT INTO item VALUES (1, 1, 2, 'a', 0, NULL, NULL, 2, NULL, NULL, '1', NULL)";
    connection.execute(kept, []).unwrap();
    drop(connection);
    let store = open(folder.path()).await.unwrap();
    let (name, model) = ((MemoryType::Context, Key::new("a").unwrap()), ModelTag(u64::MAX));
    assert_eq!(store.scan_unembedded(id, model, None, 9).await.unwrap(), std::slice::from_ref(&name));
    let vector = ItemVector { r#type: name.0, key: name.1.clone(), version: Version(2), bytes: vec![7] };
    store.put_vectors(id, model, &[vector]).await.unwrap();
    store.close().await.unwrap();
    let store = open(folder.path()).await.unwrap();
    assert_eq!(store.vectors(id, model, &[name]).await.unwrap(), [Some(vec![7])]);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let harness = harness().await;
    harness.store.close().await.unwrap();
    let connection = Connection::open(harness.folder.path().join("ai-pm.sqlite3")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = open(harness.folder.path()).await.unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 99, known: 3 }));
}

#[tokio::test]
async fn what_is_not_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ai-pm.sqlite3");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(open(folder.path()).await.unwrap_err(), OpenError::Foreign));
    std::fs::write(&file, "this is not a database, but it is long enough to be taken for one".repeat(99))
        .unwrap();
    let refused = open(folder.path()).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Sqlite(_)));
    assert!(refused.to_string().contains("not a database"), "{refused}");
}
