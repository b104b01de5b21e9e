//! Vectors, as Redis itself sees them.

use pm_core::model::{Key, MemoryItem, MemoryType, Precondition, ProjectId};
use pm_core::ports::{Clock, SystemClock};
use pm_core::ports::{ItemLimit, ItemVector, LimitPolicy, ModelTag, PutItems, Store};
use pm_store::conformance::Harness;
use pm_store::redis::RedisStore;
use pm_testbed::{Product, Server};

use super::{MOMENT, Redis, single, store};
use crate::fixture::{item, kept_project, put};

/// Keeps items with vectors.
async fn embed(store: &RedisStore, project: ProjectId, items: Vec<MemoryItem>) {
    let batch = put(items);
    let entries = store.put_items(project, &batch).await.unwrap().outcome.entries;
    let vectors = batch.items.into_iter().zip(entries).map(|(item, (_, version))| ItemVector {
        r#type: item.r#type,
        key: item.key,
        version,
        bytes: vec![7; 384],
    });
    store.put_vectors(project, ModelTag(1), &vectors.collect::<Vec<_>>()).await.unwrap();
}

/// How many vectors are there.
fn kept(server: &Server) -> i64 {
    let keys = server.cli(&["KEYS", "*:v"]).array();
    keys.into_iter().map(|key| server.cli(&["HLEN", &key.text()]).int()).sum()
}

#[tokio::test]
async fn whatever_takes_an_item_leaves_no_vector() {
    let server = Server::start(Product::Redis);
    let harness = Redis(store(single(server.port())).await);
    let store = &harness.0;
    let project = kept_project(&**store).await;
    let named = |name: &str| item(project, name);
    let dying = MemoryItem { expires_at: Some(SystemClock.now() + MOMENT), ..named("dying") };
    embed(store, project, vec![named("a"), named("b"), named("c"), dying]).await;
    assert_eq!(kept(&server), 4);
    harness.let_a_moment_pass().await;
    store.sweep(10).await.unwrap();
    assert_eq!(kept(&server), 3, "swept");
    let key = Key::new("a").unwrap();
    store.delete_items(project, &[MemoryType::Context], &key, &Precondition::NONE).await.unwrap();
    assert_eq!(kept(&server), 2, "deleted");
    let limit = Some(ItemLimit { max: 2, policy: LimitPolicy::EvictOldest });
    store.put_items(project, &PutItems { limit, ..put(vec![named("d")]) }).await.unwrap();
    assert_eq!(kept(&server), 1, "evicted");
    store.clear_items(project).await.unwrap();
    assert_eq!(kept(&server), 0, "cleared");
    embed(store, project, vec![named("a")]).await;
    assert_eq!(kept(&server), 1);
    store.delete_project(project, &Precondition::NONE).await.unwrap();
    assert_eq!(kept(&server), 0, "the project deleted");
}
