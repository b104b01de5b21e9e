//! The way to Redis: what is refused, what is waited for, and how it comes back.

use std::time::Duration;

use pm_core::ports::Store;
use pm_core::{Error, Result};
use pm_store::redis::{Password, RedisOptions, RedisStore, Topology};
use pm_testbed::{Cluster, Product, Sentinels, Server, slot_of};
use tokio::time::Instant;

use super::{cluster_options, single, store};
use crate::fixture::{is_there, item, keep, kept_project, put};

/// A bound on what hangs, not a measure.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until a call goes well.
async fn recovered<T>(mut call: impl AsyncFnMut() -> Result<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Ok(value) => return value,
            Err(Error::StoreUnavailable(_)) if Instant::now() < deadline => {
                // A call to a server that is known to be away fails at once; it is asked again, not spun on.
                tokio::time::sleep(Duration::from_millis(20)).await; // tidy: see above
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Waits until a call fails because the store is away.
async fn lost<T: std::fmt::Debug>(mut call: impl AsyncFnMut() -> Result<T>) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Err(Error::StoreUnavailable(why)) => return why.to_string(),
            Ok(_) if Instant::now() < deadline => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_script_that_the_server_forgot_is_sent_again() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    server.cli(&["SCRIPT", "FLUSH"]).ok();
    keep(&*store, project, "b").await;
    assert!(is_there(&*store, project, "a").await && is_there(&*store, project, "b").await);
}

#[tokio::test]
async fn a_server_that_was_killed_is_found_again() {
    let mut server =
        Server::builder(Product::Redis).config("appendonly", "yes").config("appendfsync", "always").start();
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    server.kill();
    lost(async || store.project(project).await).await;
    assert!(store.ping().await.is_err());
    assert_eq!(store.server(), None);
    server.restart();
    recovered(async || store.put_items(project, &put(vec![item(project, "b")])).await).await;
    assert!(is_there(&*store, project, "a").await);
    let info = store.server().unwrap();
    assert_eq!((info.product.as_str(), info.mode), ("redis", "standalone"));
    recovered(async || store.ping().await).await;
}

#[tokio::test]
async fn a_frozen_server_makes_nobody_hang() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    server.freeze();
    lost(async || store.put_items(project, &put(vec![item(project, "a")])).await).await;
    lost(async || store.ping().await).await;
    server.thaw();
    recovered(async || store.put_items(project, &put(vec![item(project, "b")])).await).await;
}

#[tokio::test]
async fn a_replica_is_not_taken_for_the_primary() {
    let (server, other) = (Server::start(Product::Redis), Server::start(Product::Redis));
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    server.cli(&["REPLICAOF", other.host(), &other.port().to_string()]).ok();
    // Reads too: what a replica has may be old.
    let why = lost(async || store.project(project).await).await;
    assert!(why.contains("replica"), "{why}");
    server.cli(&["REPLICAOF", "NO", "ONE"]).ok();
    recovered(async || store.project(project).await).await;
}

#[tokio::test]
async fn passwords_and_users_are_used_and_never_told() {
    let server = Server::builder(Product::Redis).password("right-one").start();
    let with = |password: &str| RedisOptions {
        password: Some(Password(password.to_owned())),
        ..single(server.port())
    };
    let wrong = RedisStore::open(with("wrong-one")).unwrap();
    let why = lost(async || wrong.ready(Duration::from_millis(300)).await).await;
    assert!(!why.contains("wrong-one") && !format!("{wrong:?}").contains("wrong-one"), "{why}");
    let store = store(with("right-one")).await;
    let project = kept_project(&*store).await;
    server.cli(&["ACL", "SETUSER", "default", ">wrong-one"]).ok();
    recovered(async || wrong.ready(Duration::from_millis(300)).await).await;
    keep(&*wrong, kept_project(&*wrong).await, "a").await;
    keep(&*store, project, "a").await;

    // The rules of the README.
    let user = RedisOptions { username: Some("pm".to_owned()), ..with("secret") };
    let keys = format!("~{}:*", user.prefix);
    let rights = "+@read +@write +@scripting +@connection +role +info +wait +cluster|slots +cluster|info +asking +time";
    let rules = ["ACL", "SETUSER", "pm", "on", ">secret", &keys].into_iter().chain(rights.split(' '));
    server.cli(&rules.collect::<Vec<_>>()).ok();
    let store = super::store(user).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    assert!(is_there(&*store, project, "a").await);
    assert_eq!(store.clear_items(project).await.unwrap(), 1);
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_full_server_refuses_and_loses_nothing() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]).ok();
    let write = async || store.put_items(project, &put(vec![item(project, "b")])).await;
    let why = lost(write).await;
    assert!(why.contains("OOM"), "{why}");
    assert!(is_there(&*store, project, "a").await && !is_there(&*store, project, "b").await);
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]).ok();
    recovered(write).await;
}

#[tokio::test]
async fn a_write_waits_for_its_replicas() {
    let server = Server::start(Product::Redis);
    let store = store(RedisOptions { wait_replicas: 1, ..single(server.port()) }).await;
    let why = lost(async || store.create_project(&crate::fixture::project(), None).await).await;
    assert!(why.contains("replicas"), "{why}");
    let replica = Server::start(Product::Redis);
    replica.cli(&["REPLICAOF", server.host(), &server.port().to_string()]).ok();
    recovered(async || store.create_project(&crate::fixture::project(), None).await).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    let reading = RedisOptions { prefix: "other".to_owned(), ..single(replica.port()) };
    let refused = RedisStore::open(reading).unwrap();
    assert!(refused.ready(Duration::from_millis(300)).await.is_err(), "a replica takes no writes");
}

#[tokio::test]
async fn encrypted_connections_check_who_answers() {
    let server = Server::builder(Product::Redis).tls().start();
    let port = server.url().rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
    let with = |ca: Option<&std::path::Path>| RedisOptions {
        tls: true,
        tls_ca: ca.map(std::path::Path::to_path_buf),
        ..single(port)
    };
    let store = store(with(server.ca_file())).await;
    kept_project(&*store).await;
    let unknown = RedisStore::open(with(None)).unwrap();
    assert!(unknown.ready(Duration::from_millis(300)).await.is_err(), "nobody vouches for it");
    let missing = RedisStore::open(with(Some("no/such/file.pem".as_ref()))).unwrap_err();
    assert!(missing.to_string().contains("no/such/file.pem"), "{missing}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_are_asked_who_the_primary_is() {
    let mut sentinels = Sentinels::start(Product::Redis);
    let nodes =
        sentinels.sentinels.iter().map(Server::port).map(|port| ("127.0.0.1".to_owned(), port)).collect();
    let topology = Topology::Sentinel { service: "mymaster".to_owned() };
    let store = store(RedisOptions { topology, nodes, wait_replicas: 1, ..single(0) }).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    let primary = sentinels.primary_index();
    sentinels.servers[primary].kill();
    recovered(async || store.put_items(project, &put(vec![item(project, "b")])).await).await;
    assert!(is_there(&*store, project, "a").await && is_there(&*store, project, "b").await);
    assert_eq!(store.server().unwrap().mode, "sentinel");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_goes_on_without_a_primary_and_while_slots_move() {
    let mut cluster = Cluster::start(Product::Redis);
    let options = cluster_options(&cluster);
    let prefix = options.prefix.clone();
    let mut projects = Vec::new();
    {
        // So that no replica lacks any of it.
        let store = store(RedisOptions { wait_replicas: 1, ..options.clone() }).await;
        for _ in 0..12 {
            let project = kept_project(&*store).await;
            keep(&*store, project, "a").await;
            projects.push(project);
        }
    }
    let store = store(options).await;
    let slot = slot_of(format!("{prefix}:1:{{{}}}:p", projects[0]).as_bytes());
    let owner = cluster.master_of(slot);
    let other = (0..6).map(|n| cluster.master_of(n * 2_730)).find(|node| *node != owner).unwrap();
    cluster.migrate_slot(slot, owner, other);
    keep(&*store, projects[0], "moved").await;
    assert!(is_there(&*store, projects[0], "a").await);
    let killed = cluster.master_of(slot);
    cluster.nodes[killed].kill();
    for project in &projects {
        recovered(async || store.put_items(*project, &put(vec![item(*project, "b")])).await).await;
        assert!(is_there(&*store, *project, "a").await);
    }
    recovered(async || store.ping().await).await;
}
