//! What vectors cost the embedded store: to put them, to walk them, and when all items of a project go.
//!
//! `cargo run --release -p pm-store --example vector_cost -- [items] [bytes of a vector]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for developers")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use pm_core::model::{
    JsonText, Key, MemoryItem, MemoryType, Precondition, Project, ProjectId, ProjectStatus,
};
use pm_core::ports::{Clock, Ids, ItemVector, ModelTag, PutItems, RandomIds, Store, SystemClock};
use pm_store::embedded::EmbeddedStore;

const MODEL: ModelTag = ModelTag(1);
/// Items and vectors of one call.
const BATCH: usize = 500;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let items = arguments.next().unwrap_or(100_000);
    let bytes = arguments.next().unwrap_or(1_536);
    println!("{items} items, vectors of {bytes} bytes");
    for embedded in [false, true, false, true] {
        for way in ["clear", "delete of the project"] {
            let folder = tempfile::tempdir_in(".").unwrap();
            let store = EmbeddedStore::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
            let project = filled(&store, items).await;
            if embedded {
                let took = embed(&store, project, bytes).await;
                let walk = Instant::now();
                let bare = store.scan_unembedded(project, MODEL, None, BATCH).await.unwrap();
                println!("  put {took:?}; walk of those without {:?} ({} found)", walk.elapsed(), bare.len());
            }
            store.close().await.unwrap();
            let store = EmbeddedStore::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
            let start = Instant::now();
            if way == "clear" {
                store.clear_items(project).await.unwrap();
            } else {
                store.delete_project(project, &Precondition::NONE).await.unwrap();
            }
            let with = if embedded { "with" } else { "without" };
            println!("{way} {with} vectors: {:?}", start.elapsed());
            store.close().await.unwrap();
        }
    }
}

/// A project with so many items.
async fn filled(store: &EmbeddedStore, items: usize) -> ProjectId {
    let now = SystemClock.now();
    let project = Project {
        id: ProjectId::new(RandomIds.next()),
        name: "cost".to_owned(),
        description: None,
        status: ProjectStatus::Active,
        metadata: None,
        created_at: now,
        updated_at: now,
    };
    store.create_project(&project, None).await.unwrap();
    for first in (0..items).step_by(BATCH) {
        let batch = (first..items.min(first + BATCH)).map(|n| item(project.id, n)).collect();
        let put = PutItems { items: batch, condition: Precondition::NONE, limit: None, once: None };
        store.put_items(project.id, &put).await.unwrap();
    }
    project.id
}

/// Gives every item a vector; how long the puts took.
async fn embed(store: &EmbeddedStore, project: ProjectId, bytes: usize) -> Duration {
    let (mut took, mut after) = (Duration::ZERO, None);
    loop {
        let names = store.scan_unembedded(project, MODEL, after.as_ref(), BATCH).await.unwrap();
        let Some(last) = names.last() else { return took };
        after = Some(last.clone());
        let items = store.items(project, &names).await.unwrap().into_iter().flatten();
        let vectors = items.map(|item| ItemVector {
            r#type: item.value.r#type,
            key: item.value.key,
            version: item.version,
            bytes: vec![7; bytes],
        });
        let vectors: Vec<_> = vectors.collect();
        let start = Instant::now();
        store.put_vectors(project, MODEL, &vectors).await.unwrap();
        took += start.elapsed();
    }
}

fn item(project_id: ProjectId, n: usize) -> MemoryItem {
    let text = format!("the login answers 500, attempt {n}");
    let value = serde_json::json!({"summary": text, "fix": "renew the token ".repeat(20)});
    MemoryItem {
        project_id,
        r#type: MemoryType::Context,
        // Scattered, as keys of many clients are.
        key: Key::new(&format!("login-{:08x}", n.wrapping_mul(0x9e37_79b9) & 0xffff_ffff)).unwrap(),
        value: JsonText::of(&value),
        timestamp: SystemClock.now(),
        ttl: None,
        expires_at: None,
        session_id: None,
        metadata: None,
        importance: None,
    }
}
