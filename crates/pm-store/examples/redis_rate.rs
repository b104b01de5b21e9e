//! How many small items a second the embedded store keeps, each answered only once it is on the disk.
//!
//! `cargo run --release -p pm-store --example store_rate -- [tasks] [stores]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for developers"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pm_core::model::{
    JsonText, Key, MemoryItem, MemoryType, Precondition, Project, ProjectId, ProjectStatus,
};
use pm_core::ports::{Clock, Ids, ItemLimit, LimitPolicy, PutItems, RandomIds, Store, SystemClock};
use pm_store::redis::*;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let tasks = arguments.next().unwrap_or(32);
    let stores = arguments.next().unwrap_or(50_000);
    let folder = tempfile::tempdir_in(".").unwrap();
    let store = open();
    let now = SystemClock.now();
    let project = Project {
        id: ProjectId::new(RandomIds.next()),
        name: "rate".to_owned(),
        description: None,
        status: ProjectStatus::Active,
        metadata: None,
        created_at: now,
        updated_at: now,
    };
    store.create_project(&project, None).await.unwrap();

    let start = Instant::now();
    let mut latencies = run(&store, project.id, tasks, stores).await;
    let took = start.elapsed();
    latencies.sort_unstable();
    println!("{tasks} tasks: {:.0} stores/s p50 {:?}", rate(stores, took), latencies[stores / 2]);
    drop(folder);
}
fn open() -> Arc<RedisStore> {
    RedisStore::open(RedisOptions {
        topology: Topology::Single,
        nodes: vec![("127.0.0.1".into(), 7777)],
        tls: false,
        tls_ca: None,
        db: 0,
        username: None,
        password: None,
        prefix: "rate".into(),
        wait_replicas: 0,
    })
    .unwrap()
}
async fn run(store: &Arc<RedisStore>, project: ProjectId, tasks: usize, stores: usize) -> Vec<Duration> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        running.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= stores {
                    return latencies;
                }
                let start = Instant::now();
                store.put_items(project, &item(project, n)).await.unwrap();
                latencies.push(start.elapsed());
            }
        });
    }
    running.join_all().await.concat()
}

fn item(project_id: ProjectId, n: usize) -> PutItems {
    let value = serde_json::json!({"summary": format!("the login answers 500, attempt {n}"), "fix": "renew the token"});
    let item = MemoryItem {
        project_id,
        r#type: MemoryType::ALL[n % 4],
        // Scattered, as keys of many clients are.
        key: Key::new(&format!("login-{:08x}", n.wrapping_mul(0x9e37_79b9) & 0xffff_ffff)).unwrap(),
        value: JsonText::of(&value),
        timestamp: SystemClock.now(),
        ttl: None,
        expires_at: None,
        session_id: None,
        metadata: None,
        importance: None,
    };
    let limit = ItemLimit { max: usize::MAX, policy: LimitPolicy::Reject };
    PutItems { items: vec![item], condition: Precondition::NONE, limit: Some(limit), once: None }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
