//! What expires, as Redis itself sees it.

use std::time::Duration;

use jiff::SignedDuration;
use pm_core::model::{JsonText, MemoryItem, ProjectId};
use pm_core::ports::{Clock, Store, SystemClock};
use pm_store::redis::RedisStore;
use pm_testbed::{Product, Server, until};

use super::{MOMENT, single, store};
use crate::fixture::{item, kept_project, put};

const LONG: SignedDuration = SignedDuration::from_hours(1);

async fn keep_dying(store: &RedisStore, project: ProjectId, names: &[&str], lives: SignedDuration) {
    let items = names.iter().map(|name| MemoryItem {
        value: JsonText::of(&format!("the secret of {name}").into()),
        expires_at: Some(SystemClock.now() + lives),
        ..item(project, name)
    });
    store.put_items(project, &put(items.collect())).await.unwrap();
}

/// How many keys hold the body of an item.
fn bodies(server: &Server) -> usize {
    let keys = server.cli(&["KEYS", "*:x:*"]).array();
    keys.len()
}

#[tokio::test]
async fn redis_takes_the_text_away_though_no_server_runs() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    keep_dying(&store, project, &["a", "b"], MOMENT).await;
    assert_eq!(bodies(&server), 2);
    store.close().await.unwrap();
    drop(store);
    // KEYS leaves out what has expired.
    until(Duration::from_secs(30), "the bodies are gone", || bodies(&server) == 0);
}

#[tokio::test]
async fn what_is_deleted_leaves_no_text_behind() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    let names: Vec<_> = (0..1_200).map(|n| n.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    keep_dying(&store, project, &names, LONG).await;
    keep_dying(&store, project, &["0", "1"], LONG).await;
    assert_eq!(bodies(&server), 1_200);
    assert_eq!(store.clear_items(project).await.unwrap(), 1_200);
    assert_eq!(bodies(&server), 0);
    keep_dying(&store, project, &["again"], LONG).await;
    assert!(store.delete_project(project, &pm_core::model::Precondition::NONE).await.unwrap());
    let left = server.cli(&["KEYS", "*"]).array();
    let left: Vec<String> = left.into_iter().map(pm_testbed::Reply::text).collect();
    assert!(left.iter().all(|key| key.contains("{projects}:z")), "{left:?}");
}

#[tokio::test]
async fn keys_hold_no_text_of_a_user() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    for name in ["*", "{x}:p", "secret-name"] {
        keep_dying(&store, project, &[name], LONG).await;
        let session = Some(pm_core::model::SessionId::new("secret-session").unwrap());
        let with_session = MemoryItem { session_id: session, ..item(project, name) };
        store.put_items(project, &put(vec![with_session])).await.unwrap();
    }
    let keys = server.cli(&["KEYS", "*"]).array();
    let keys: Vec<String> = keys.into_iter().map(pm_testbed::Reply::text).collect();
    assert!(!keys.is_empty());
    for key in keys {
        assert!(!key.contains("secret") && !key.contains('*'), "{key}");
        assert!(key.contains(&format!("{{{project}}}")) || key.contains("{projects}"), "{key}");
    }
}
