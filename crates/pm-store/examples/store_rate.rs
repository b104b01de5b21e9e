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
use pm_store::embedded::EmbeddedStore;
use rusqlite::Connection;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let tasks = arguments.next().unwrap_or(32);
    let stores = arguments.next().unwrap_or(50_000);
    let folder = tempfile::tempdir_in(".").unwrap();
    let store = EmbeddedStore::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
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

    let before = store.commits();
    let start = Instant::now();
    let mut latencies = run(&store, project.id, tasks, stores).await;
    let took = start.elapsed();
    latencies.sort_unstable();
    let commits = store.commits() - before;
    println!(
        "{tasks} tasks: {:.0} stores/s, {:.1} stores a commit, {:.0} commits/s, p50 {:?}, p99 {:?}",
        rate(stores, took),
        rate(stores, Duration::from_secs(commits)),
        rate(usize::try_from(commits).unwrap(), took),
        latencies[stores / 2],
        latencies[stores * 99 / 100],
    );

    let start = Instant::now();
    store.close().await.unwrap();
    println!("close {:?}", start.elapsed());
    drop(store);
    let start = Instant::now();
    let store = EmbeddedStore::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
    println!("open with {stores} items {:?}", start.elapsed());
    let start = Instant::now();
    store.delete_project(project.id, &Precondition::NONE).await.unwrap();
    println!("delete of the project {:?}", start.elapsed());
    store.close().await.unwrap();

    for group in [1, 16, 32, 64] {
        let raw = raw(folder.path().join("raw.sqlite3").as_path(), group);
        println!("SQLite alone, one row in one index, {group} a commit: {raw:.0} rows/s");
    }
}

async fn run(store: &Arc<EmbeddedStore>, project: ProjectId, tasks: usize, stores: usize) -> Vec<Duration> {
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

fn raw(file: &std::path::Path, group: usize) -> f64 {
    let mut connection = Connection::open(file).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT)").unwrap();
    let commits = 300;
    let start = Instant::now();
    for commit in 0..commits {
        let transaction = connection.transaction().unwrap();
        for row in 0..group {
            let key =
                format!("{group}-{:08x}", (commit * group + row).wrapping_mul(0x9e37_79b9) & 0xffff_ffff);
            let mut statement = transaction.prepare_cached("INSERT INTO kept VALUES (?1, ?2)").unwrap();
            statement.execute((key, "the login answers 500: renew the token")).unwrap();
        }
        transaction.commit().unwrap();
    }
    rate(commits * group, start.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
