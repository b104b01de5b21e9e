//! A server whose history is another than the one that a follower has seen.

use pm_core::ports::{Change, Changes, Store};
use pm_testbed::{Product, Reply, Server};

use super::{single, store};
use crate::fixture::{keep, kept_project};

/// Everything, as it is now.
fn dumped(server: &Server) -> Vec<(String, Vec<u8>)> {
    let keys = server.cli(&["KEYS", "*"]).array();
    let keys = keys.into_iter().map(Reply::text);
    keys.map(|key| {
        let Reply::Bulk(Some(dump)) = server.cli(&["DUMP", &key]) else { panic!("{key} has no dump") };
        (key, dump)
    })
    .collect()
}

/// Puts everything back as it was.
fn restore(server: &Server, dump: &[(String, Vec<u8>)]) {
    server.cli(&["FLUSHALL"]).ok();
    for (key, bytes) in dump {
        server.cli(&[b"RESTORE", key.as_bytes(), b"0", bytes]).ok();
    }
}

/// A server that comes back with an older state is noticed, whether it has had fewer, as many or more writes since.
#[tokio::test]
async fn a_restored_server_is_told_from_the_one_before() {
    for writes_since in [0, 1, 2, 3, 5] {
        let server = Server::start(Product::Redis);
        let store = store(single(server.port())).await;
        let project = kept_project(&*store).await;
        keep(&*store, project, "before").await;
        let dump = dumped(&server);
        let mut follower = store.follow(project).await.unwrap();
        for name in ["lost-1", "lost-2"] {
            keep(&*store, project, name).await;
        }
        let seen = follower.changes().await.unwrap();
        assert!(matches!(&seen, Changes::Since(changes) if changes.len() == 2), "{seen:?}");
        restore(&server, &dump);
        for n in 0..writes_since {
            keep(&*store, project, &format!("since-{n}")).await;
        }
        assert_eq!(follower.changes().await.unwrap(), Changes::Lost, "{writes_since} writes since");
        let mut fresh = store.follow(project).await.unwrap();
        keep(&*store, project, "new").await;
        let seen = fresh.changes().await.unwrap();
        assert!(matches!(&seen, Changes::Since(changes) if matches!(changes.as_slice(), [Change::Put(_)])));
    }
}

/// A server that was emptied has no projects, and says so.
#[tokio::test]
async fn an_emptied_server_has_lost_its_projects() {
    let server = Server::start(Product::Redis);
    let store = store(single(server.port())).await;
    let project = kept_project(&*store).await;
    keep(&*store, project, "a").await;
    let mut follower = store.follow(project).await.unwrap();
    server.cli(&["FLUSHALL"]).ok();
    assert!(matches!(follower.changes().await, Err(pm_core::Error::ProjectNotFound)));
    assert_eq!(store.project(project).await.unwrap(), None);
    let again = kept_project(&*store).await;
    keep(&*store, again, "a").await;
}
