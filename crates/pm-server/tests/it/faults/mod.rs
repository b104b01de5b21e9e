//! What becomes of a server under load when its Redis fails. Run with `--nocapture` each test prints its row of the table
//! in `docs/reliability.md`: stores acknowledged, refused, the slowest refusal and the slowest acknowledgement, recalls,
//! the slowest of them, and how long after the fault had ended the first store went well again.

mod load;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::time::Duration;

use pm_testbed::{Cluster, Product, Sentinels, Server, slot_of};

use crate::harness::TestServer;
use load::{Load, Told};

/// How many stores show that all is well.
const ENOUGH: usize = 200;

async fn over(url: &str, more: &[(&str, &str)]) -> TestServer {
    let mut settings = vec![("REDIS_URL", url), ("MAX_MEMORY_ITEMS", "0"), ("RATE_LIMIT_PER_SECOND", "0")];
    settings.extend_from_slice(more);
    TestServer::with(&settings).await
}

fn durable() -> Server {
    Server::builder(Product::Redis).config("appendonly", "yes").config("appendfsync", "always").start()
}

/// Checks that everything acknowledged is there, by the list and by the count.
async fn all_there(server: &TestServer, project: &str, told: &Told) {
    let mut keys = HashSet::new();
    let mut path = format!("/api/projects/{project}/memory?limit=1000&sort=key");
    loop {
        let page = server.get(&path).await.expect(200);
        let items = page.json();
        keys.extend(items.as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()));
        let Some(link) = page.headers.get("link").map(|link| link.to_str().unwrap().to_owned()) else {
            break;
        };
        link.split(['<', '>']).nth(1).unwrap().clone_into(&mut path);
    }
    let missing: Vec<_> = told.acknowledged.iter().filter(|key| !keys.contains(*key)).collect();
    assert!(
        missing.is_empty(),
        "{} of {} acknowledged are gone: {missing:?}",
        missing.len(),
        told.acknowledged.len()
    );
    assert_eq!(server.count(project).await, u64::try_from(keys.len()).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_restarted() {
    let mut redis = durable();
    let load = Load::start(over(&redis.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    redis.kill();
    load.refusals(ENOUGH).await;
    redis.restart();
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("killed and restarted, AOF always", again).await;
    assert!(told.refused > 0);
    all_there(&server, &project, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_for_three_seconds() {
    let redis = durable();
    let load = Load::start(over(&redis.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    redis.freeze();
    // The fault is that it lasts so long.
    tokio::time::sleep(Duration::from_secs(3)).await; // tidy: see above
    redis.thaw();
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("frozen for 3 s", again).await;
    assert!(told.refused > 0);
    all_there(&server, &project, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_memory() {
    let redis = durable();
    let load = Load::start(over(&redis.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]).ok();
    load.refusals(ENOUGH).await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]).ok();
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("out of memory (noeviction)", again).await;
    all_there(&server, &project, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_taken_away() {
    let redis = durable();
    let load = Load::start(over(&redis.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    redis.cli(&["ACL", "SETUSER", "default", "-@all", "+acl"]).ok();
    load.refusals(ENOUGH).await;
    redis.cli(&["ACL", "SETUSER", "default", "+@all"]).ok();
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("rights taken away and given back", again).await;
    all_there(&server, &project, &told).await;
}

/// Says inline commands to a server, in a connection of their own.
fn say(server: &Server, lines: &str) {
    let mut connection = std::net::TcpStream::connect((server.host(), server.port())).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    connection.write_all(format!("{lines}QUIT\r\n").as_bytes()).unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    assert!(!answers.contains("-ERR") && !answers.contains("-WRONGPASS"), "{answers}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn password_changed() {
    let redis = durable();
    let load = Load::start(over(&redis.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    say(&redis, "CONFIG SET requirepass another\r\nCLIENT KILL TYPE normal SKIPME yes\r\n");
    load.refusals(ENOUGH).await;
    say(&redis, "AUTH another\r\nACL SETUSER default nopass\r\n");
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("password changed and changed back", again).await;
    all_there(&server, &project, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_read_only() {
    let redis = durable();
    let load = Load::start(over(&redis.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    redis.cli(&["REPLICAOF", "127.0.0.1", "1"]).ok();
    load.refusals(ENOUGH).await;
    redis.cli(&["REPLICAOF", "NO", "ONE"]).ok();
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("made a replica and back", again).await;
    all_there(&server, &project, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarted_empty() {
    let mut redis = Server::start(Product::Redis);
    let server = over(&redis.url(), &[]).await;
    let project = server.project("soon gone").await;
    server.store(&project, "context", "a", "x".into()).await.expect(201);
    assert_eq!(server.recalled(&project, "a").await, ["a"]);
    redis.kill();
    let mut refused = server.get(&format!("/api/projects/{project}")).await;
    assert_eq!(refused.status, 503);
    redis.wipe();
    redis.restart();
    while refused.status == 503 {
        refused = server.get(&format!("/api/projects/{project}")).await;
    }
    // What is gone is gone, and is said to be: no empty answer.
    refused.expect(404);
    let body = serde_json::json!({"project_id": project, "query": "a"});
    server.post("/api/memory/recall", body).await.expect(404);
    server.store(&project, "context", "b", "x".into()).await.expect(404);
    let new = server.project("new").await;
    server.store(&new, "context", "a", "x".into()).await.expect(201);
    assert_eq!(server.recalled(&new, "a").await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaced_by_sentinel() {
    let mut sentinels = Sentinels::start(Product::Redis);
    let load = Load::start(over(&sentinels.url(), &[("REDIS_WAIT_REPLICAS", "1")]).await).await;
    load.stores(ENOUGH).await;
    let primary = sentinels.primary_index();
    sentinels.servers[primary].kill();
    let again = load.stores(ENOUGH).await;
    let (server, project, told) =
        load.stop("primary killed, Sentinel fails over, 1 replica waited for", again).await;
    assert!(told.refused > 0);
    all_there(&server, &project, &told).await;
}

/// The index of the node that has a project, and its slot.
fn place(cluster: &Cluster, project: &str) -> (usize, u16) {
    let slot = slot_of(format!("{{{project}}}").as_bytes());
    (cluster.master_of(slot), slot)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cluster_primary_killed() {
    let mut cluster = Cluster::start(Product::Redis);
    let load = Load::start(over(&cluster.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    let (owner, _) = place(&cluster, load.project());
    cluster.nodes[owner].kill();
    let again = load.stores(ENOUGH).await;
    let (_, _, told) = load.stop("primary of a cluster killed", again).await;
    assert!(told.refused > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slot_moved() {
    let cluster = Cluster::start(Product::Redis);
    let load = Load::start(over(&cluster.url(), &[]).await).await;
    load.stores(ENOUGH).await;
    let (owner, slot) = place(&cluster, load.project());
    let other = (0..6).map(|n| cluster.master_of(n * 2_730)).find(|node| *node != owner).unwrap();
    cluster.migrate_slot(slot, owner, other);
    let again = load.stores(ENOUGH).await;
    let (server, project, told) = load.stop("slot moved to another node", again).await;
    all_there(&server, &project, &told).await;
}
