//! What was answered is on the disk, whole.

use jiff::SignedDuration;
use pm_core::model::{Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Role};
use pm_core::ports::{Clock, Ids, ItemVector, ModelTag, Once, PutItems, RandomIds, Stamp, Store};
use pm_store::conformance::Harness;
use pm_store::embedded::EmbeddedStore;
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::harness;
use crate::fixture::{is_there, item, keep, kept_project, put};

#[tokio::test]
async fn reopening_keeps_everything() {
    let harness = harness().await;
    let (store, now) = (&harness.store, harness.now());
    let project = kept_project(&**store).await;
    let message = Message {
        id: MessageId::new(RandomIds.next()),
        project_id: project,
        role: Role::AiPm,
        content: "hello".to_owned(),
        timestamp: now,
        session_id: None,
        metadata: None,
    };
    store.create_message(&message, None).await.unwrap();
    let stamp = Stamp { id: RandomIds.next(), at: now };
    let once = Once { scope: [1; 32], fingerprint: [2; 32], stamp, expires_at: now + harness.moment() };
    let dying = MemoryItem { expires_at: Some(now + harness.moment()), ..item(project, "dying") };
    let batch = PutItems { once: Some(once), ..put(vec![item(project, "a"), dying]) };
    let written = store.put_items(project, &batch).await.unwrap();
    let before = store.project(project).await.unwrap();

    let harness = harness.reopened().await;
    let store = &harness.store;
    assert_eq!(store.project(project).await.unwrap(), before);
    assert_eq!(store.message(project, message.id).await.unwrap().unwrap().value, message);
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 2, 0]);
    let again = store.put_items(project, &batch).await.unwrap();
    assert_eq!((again.outcome, again.replay_of), (written.outcome.clone(), Some(stamp)));
    harness.let_a_moment_pass().await;
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
    let swept = store.sweep(9).await.unwrap();
    assert_eq!((swept.items, swept.once), (1, 1));
    let more = store.put_items(project, &put(vec![item(project, "b")])).await.unwrap();
    assert!(more.outcome.entries[0].1 > written.outcome.entries[1].1);
}

/// A copy of the files of a running store is what the next process finds after `kill -9`.
#[tokio::test]
async fn an_answered_write_survives_the_process() {
    let harness = harness().await;
    let project = kept_project(&*harness.store).await;
    let image = tempfile::tempdir().unwrap();
    for n in 0..50 {
        keep(&*harness.store, project, &n.to_string()).await;
    }
    for name in ["ai-pm.sqlite3", "ai-pm.sqlite3-wal"] {
        std::fs::copy(harness.folder.path().join(name), image.path().join(name)).unwrap();
    }
    let store = EmbeddedStore::open(image.path(), harness.clock.clone()).await.unwrap();
    for n in 0..50 {
        assert!(is_there(&*store, project, &n.to_string()).await);
    }
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 50, 0]);
}

/// Writers of all kinds, some of whom go away before they are answered, leave a sound file and true counters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_leaves_a_sound_file() {
    let harness = harness().await;
    let projects = [kept_project(&*harness.store).await, kept_project(&*harness.store).await];
    let mut writers = JoinSet::new();
    for writer in 0..16_usize {
        let (store, clock) = (harness.store(), harness.clock.clone());
        writers.spawn(async move {
            for n in 0..80_usize {
                let project = projects[(n / 7 + writer) % 2];
                let key = format!("{}", (n * 11 + writer) % 30);
                let dying = MemoryItem {
                    expires_at: Some(clock.now() + SignedDuration::from_millis(i64::try_from(n).unwrap())),
                    ..item(project, &format!("{key} dies"))
                };
                let batch = put(vec![item(project, &key), dying]);
                let work = async {
                    match (n + writer) % 9 {
                        0 => drop(store.clear_items(project).await),
                        1 => drop(store.sweep(5).await),
                        2 | 3 => {
                            let key = Key::new(&key).unwrap();
                            let types = &MemoryType::ALL;
                            drop(store.delete_items(project, types, &key, &Precondition::NONE).await);
                        }
                        4 => {
                            let passing = kept_project(&*store).await;
                            keep(&*store, passing, "x").await;
                            drop(store.delete_project(passing, &Precondition::NONE).await);
                        }
                        _ => {
                            let Ok(written) = store.put_items(project, &batch).await else { return };
                            let entries = batch.items.iter().zip(written.outcome.entries);
                            let vectors: Vec<_> = entries
                                .map(|(item, (_, version))| ItemVector {
                                    r#type: item.r#type,
                                    key: item.key.clone(),
                                    version,
                                    bytes: vec![0; 9],
                                })
                                .collect();
                            drop(store.put_vectors(project, ModelTag(1), &vectors).await);
                        }
                    }
                };
                if n % 10 == 3 {
                    // Polled once, then dropped.
                    tokio::select! { biased; () = work => {}, () = std::future::ready(()) => {} }
                } else {
                    work.await;
                }
                clock.advance(SignedDuration::from_millis(1));
            }
        });
    }
    writers.join_all().await;
    harness.store.close().await.unwrap();
    let connection = Connection::open(harness.folder.path().join("ai-pm.sqlite3")).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let untrue = "SELECT count(*) FROM project_state WHERE contexts <> \
        (SELECT count(*) FROM item WHERE item.project = project_state.project AND type = 2)";
    assert_eq!(connection.query_row(untrue, [], |row| row.get(0)), Ok(0));
    let orphans = "SELECT count(*) FROM item WHERE project NOT IN (SELECT pk FROM project)";
    assert_eq!(connection.query_row(orphans, [], |row| row.get(0)), Ok(0));
    let orphans = "SELECT count(*) FROM vector WHERE item NOT IN (SELECT pk FROM item)";
    assert_eq!(connection.query_row(orphans, [], |row| row.get(0)), Ok(0));
}
