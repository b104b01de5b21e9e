//! Ten servers, each a process of its own, over one Redis: what was acknowledged by one is recalled by any other at once.
//!
//! `NODES_CHECKS=100000 NODES_SECONDS=60 cargo test --release -p pm-server --test it nodes -- --nocapture` is the long form.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pm_testbed::shared;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::harness::process::{Process, ask};

const NODES: usize = 10;
const CLIENTS: usize = 16;

fn figure(name: &str, otherwise: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "a setting of this test alone")]
    let given = std::env::var(name);
    given.map_or(otherwise, |text| text.parse().unwrap())
}

/// Numbers without a pattern: the constants are those of Knuth's MMIX.
fn next(random: &mut u64) -> usize {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*random >> 33).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_find_what_each_of_them_stored() {
    let (checks, seconds) = (figure("NODES_CHECKS", 2_000), figure("NODES_SECONDS", 0));
    let folder = tempfile::tempdir().unwrap();
    let url = shared::redis().url();
    let prefix = format!("nodes-{}", std::process::id());
    let settings = [("REDIS_URL", url.as_str()), ("REDIS_PREFIX", &prefix), ("MAX_MEMORY_ITEMS", "0")];
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(Process::start(folder.path(), &settings).await);
    }
    let mut projects = Vec::new();
    for n in 0..CLIENTS {
        projects.push(nodes[n % NODES].project(&n.to_string()).await);
    }
    let (done, missed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let until = Instant::now() + Duration::from_secs(u64::try_from(seconds).unwrap());
    let urls: Arc<Vec<String>> = Arc::new(nodes.iter().map(Process::url).collect());
    let projects = Arc::new(projects);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (urls, projects, http) = (urls.clone(), projects.clone(), nodes[client % NODES].client.clone());
        let (done, missed) = (done.clone(), missed.clone());
        clients.spawn(async move {
            let mut random = u64::try_from(client).unwrap();
            for n in 0.. {
                if done.load(Ordering::Relaxed) >= checks && Instant::now() >= until {
                    return;
                }
                // Some projects are shared by several clients at once.
                let project = &projects[next(&mut random) % CLIENTS];
                let (one, other) = (next(&mut random) % NODES, next(&mut random) % (NODES - 1));
                let other = if other >= one { other + 1 } else { other };
                // A bounded number of names, so that most stores replace something.
                let key = format!("client{client}key{}", next(&mut random) % 40);
                let value = format!("value{client}x{n}");
                let path = format!("/api/projects/{project}/memory/context/{key}");
                let stored =
                    ask(&http, &urls[one], http::Method::PUT, &path, &[], &json!({ "value": value })).await;
                assert!(stored.unwrap().status.is_success());
                let body = json!({"project_id": project, "query": value, "limit": 3});
                let recalled =
                    ask(&http, &urls[other], http::Method::POST, "/api/memory/recall", &[], &body).await;
                let items = recalled.unwrap().expect(200).json();
                let found = items.as_array().unwrap().iter().any(|item| item["value"] == value.as_str());
                if !found {
                    missed.fetch_add(1, Ordering::Relaxed);
                    eprintln!(
                        "{key} stored as {value} through node {one}, recalled through {other}: {items}"
                    );
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let (done, missed) = (done.load(Ordering::Relaxed), missed.load(Ordering::Relaxed));
    println!("{done} stores through one node, each recalled through another: {missed} missed");
    assert_eq!(missed, 0);
    assert!(done >= checks);
}
