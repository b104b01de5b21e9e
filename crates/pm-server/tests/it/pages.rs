//! Pages of lists that change while they are read: what was there all along is seen once, whatever comes and goes.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::TestServer;

/// What stays; as many again come and go.
const OLD: usize = 250;
const DOOMED: usize = 60;

/// Seven at a time share a moment, so that pages end between equals.
fn moment(n: usize) -> String {
    let second = n / 7;
    format!("2026-03-05T14:{:02}:{:02}Z", second / 60, second % 60)
}

/// Makes as many things as are asked for, several at a time; what `make` answers, in order.
async fn made<F>(count: usize, make: impl Fn(usize) -> F) -> Vec<String>
where
    F: Future<Output = String> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for n in 0..count {
        let task = make(n);
        tasks.spawn(async move { (n, task.await) });
    }
    let mut made = tasks.join_all().await;
    made.sort();
    made.into_iter().map(|(_, id)| id).collect()
}

/// Reads a list page by page; while each page is read, one thing comes and one goes, and again before the next.
async fn walked(
    server: &TestServer,
    first: &str,
    field: &str,
    come: impl AsyncFn(usize),
    go: impl AsyncFn(usize),
) -> Vec<String> {
    let (mut next, mut seen, mut page) = (Some(first.to_owned()), Vec::new(), 0);
    while let Some(target) = next {
        let (answer, (), ()) = tokio::join!(server.get(&target), come(page * 2), go(page * 2));
        let answer = answer.expect(200);
        let entries = answer.each(field);
        assert!(entries.len() <= 100, "{target}");
        assert!(!answer.header("x-total-count").is_empty());
        seen.extend(entries);
        next = answer.next_page();
        tokio::join!(come(page * 2 + 1), go(page * 2 + 1));
        page += 1;
    }
    assert!(page >= 3, "{page} pages");
    seen
}

#[track_caller]
fn check(seen: &[String], old: &[String], place: &str) {
    let once: HashSet<_> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "{place}: something was seen twice");
    let lost: Vec<_> = old.iter().filter(|old| !once.contains(old)).collect();
    assert!(lost.is_empty(), "{place}: lost {lost:?}");
}

#[tokio::test]
async fn items() {
    let server = TestServer::with(&[("MAX_MEMORY_ITEMS", "0")]).await;
    let id = server.project("p").await;
    let item = |name: &str, n: usize| json!({"type": "context", "key": format!("{name}{n:03}"), "value": n, "timestamp": moment(n)});
    let items: Vec<_> = (0..OLD).map(|n| item("old", n)).collect();
    let old: Vec<_> = items.iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect();
    server.post("/api/memory/store/batch", json!({"project_id": id, "items": items})).await.expect(200);
    let list = format!("/api/projects/{id}/memory");
    for sort in ["timestamp", "-timestamp", "key", "-key"] {
        let doomed: Vec<_> = (0..DOOMED).map(|n| item("mayfly", n * 4)).collect();
        server.post("/api/memory/store/batch", json!({"project_id": id, "items": doomed})).await.expect(200);
        let come = async |n: usize| {
            let mut new = item(["a-new", "old1-new", "z-new"][n % 3], n * 31 % OLD);
            new["project_id"] = json!(id);
            assert!(server.post("/api/memory/store", new).await.status.is_success());
        };
        let go = async |n: usize| {
            server.delete(&format!("{list}/context/mayfly{:03}", n * 13 % DOOMED * 4)).await.expect(204);
        };
        let seen = walked(&server, &format!("{list}?sort={sort}"), "key", come, go).await;
        check(&seen, &old, sort);
        let old_seen: Vec<_> = seen.into_iter().filter(|key| old.contains(key)).collect();
        let rising = !sort.starts_with('-');
        assert!(old_seen.is_sorted_by(|a, b| if rising { a < b } else { a > b }), "{sort}");
    }
}

#[tokio::test]
async fn messages() {
    let server = Arc::new(TestServer::start().await);
    let list = format!("/api/projects/{}/messages", server.project("p").await);
    let say = |name: &str, n: usize| {
        let (server, list) = (server.clone(), list.clone());
        let message = json!({"role": "user", "content": format!("{name} {n}"), "timestamp": moment(n)});
        async move { server.post(&list, message).await.expect(201).json()["id"].as_str().unwrap().to_owned() }
    };
    let old = made(OLD, |n| say("old", n)).await;
    for sort in ["timestamp", "-timestamp"] {
        let doomed = made(DOOMED, |n| say("mayfly", n * 4)).await;
        let come = async |n: usize| drop(say("new", n * 31 % OLD).await);
        let go = async |n: usize| {
            server.delete(&format!("{list}/{}", doomed[n * 13 % DOOMED])).await.expect(204);
        };
        let seen = walked(&server, &format!("{list}?sort={sort}"), "id", come, go).await;
        check(&seen, &old, sort);
    }
}

#[tokio::test]
async fn projects() {
    let server = Arc::new(TestServer::start().await);
    let make = |name: &str, n: usize| {
        let (server, name) = (server.clone(), format!("{name} {}", n % 40));
        async move { server.project(&name).await }
    };
    let old = made(OLD, |n| make("old", n)).await;
    for sort in ["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"] {
        let doomed = made(DOOMED, |n| make("mayfly", n)).await;
        let come = async |n: usize| drop(make(["a new", "old 1", "z"][n % 3], n).await);
        let go = async |n: usize| {
            server.delete(&format!("/api/projects/{}", doomed[n * 13 % DOOMED])).await.expect(204);
        };
        let seen = walked(&server, &format!("/api/projects?sort={sort}"), "id", come, go).await;
        check(&seen, &old, sort);
    }
    let answer = server.get("/api/projects?limit=1&search=mayfly").await.expect(200);
    let mayflies: Value = answer.header("x-total-count").parse::<u64>().unwrap().into();
    assert!(mayflies.as_u64().unwrap() < 6 * DOOMED as u64, "{mayflies}");
}
