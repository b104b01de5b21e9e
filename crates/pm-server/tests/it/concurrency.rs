//! Many clients at once: what was answered is true for all from then on.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::TestServer;

const CLIENTS: usize = 64;

/// How often an item is stored and recalled at once, over all clients; `READ_YOUR_WRITE` asks for more.
fn rounds() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test, not of the server")]
    let asked = std::env::var("READ_YOUR_WRITE").ok().map(|asked| asked.parse().unwrap());
    asked.unwrap_or(2000)
}

/// A word that stands for `n` alone and has no stem but itself.
fn word(mut n: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrtvwxz";
    let mut word = "zq".to_owned();
    for _ in 0..5 {
        word.push(char::from(LETTERS[n % LETTERS.len()]));
        n /= LETTERS.len();
    }
    word
}

/// Stores an item that holds `word`, by each of the three ways in turn.
async fn write(server: &TestServer, project: &str, n: usize, key: &str, word: &str) {
    let answer = match n % 3 {
        0 => server.store(project, "context", key, json!({"note": word})).await,
        1 => {
            server.put(&format!("/api/projects/{project}/memory/context/{key}"), json!({"value": word})).await
        }
        _ => {
            let items = json!([{"type": "context", "key": key, "value": ["batch", word]}]);
            server.post("/api/memory/store/batch", json!({"project_id": project, "items": items})).await
        }
    };
    assert!(answer.status.is_success(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_stored_an_item_recalls_it() {
    let server = Arc::new(TestServer::with(&[("MAX_MEMORY_ITEMS", "0")]).await);
    let mut projects = Vec::new();
    for n in 0..4 {
        projects.push(server.project(&format!("p{n}")).await);
    }
    let (rounds, start) = (rounds().div_ceil(CLIENTS), Arc::new(Barrier::new(CLIENTS)));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (server, start) = (server.clone(), start.clone());
        let project = projects[client % projects.len()].clone();
        clients.spawn(async move {
            start.wait().await;
            for round in 0..rounds {
                let n = client * rounds + round;
                let (key, word) = (format!("item-{n}"), word(n));
                write(&server, &project, n, &key, &word).await;
                assert_eq!(server.recalled(&project, &word).await, [key.as_str()], "{n}: missed");
                if n % 4 == 0 {
                    server.delete(&format!("/api/memory/{project}/{key}")).await.expect(204);
                    assert!(server.recalled(&project, &word).await.is_empty(), "{n}: still there");
                }
            }
        });
    }
    clients.join_all().await;
    let mut left = 0;
    for project in &projects {
        left += server.count(project).await;
    }
    let stored = (rounds * CLIENTS) as u64;
    assert_eq!(left, stored - stored.div_ceil(4));
}

/// What an answer says there is: type, key and value of each.
fn named(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().unwrap();
    let names: BTreeSet<_> =
        list.iter().map(|item| format!("{} {} {}", item["type"], item["key"], item["value"])).collect();
    assert_eq!(names.len(), list.len(), "something is there twice");
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_count_and_recall_agree_after_a_storm_of_writes() {
    let server = Arc::new(TestServer::start().await);
    let id = server.project("p").await;
    let mut tasks = JoinSet::new();
    for task in 0..32_usize {
        let (server, id) = (server.clone(), id.clone());
        tasks.spawn(async move {
            for step in 0..20_usize {
                let n = task * 7 + step * 13;
                let (r#type, key) = (["error", "solution"][n % 2], format!("k{}", n % 40));
                let path = format!("/api/projects/{id}/memory/{type}/{key}");
                let answer = match (task + step) % 8 {
                    0..4 => server.store(&id, r#type, &key, json!(format!("common {}", word(n)))).await,
                    4 | 5 => server.put(&path, json!({"value": format!("common {}", word(n + 1))})).await,
                    6 => server.delete(&path).await,
                    _ if task % 16 == 0 => server.delete(&format!("/api/projects/{id}/memory")).await,
                    _ => {
                        server.post("/api/memory/recall", json!({"project_id": id, "query": "common"})).await
                    }
                };
                let fine = answer.status.is_success() || answer.status == 404;
                assert!(fine, "{}", String::from_utf8_lossy(&answer.body));
            }
        });
    }
    tasks.join_all().await;
    let list = server.get(&format!("/api/projects/{id}/memory?limit=1000")).await.expect(200);
    let listed = named(&list.json());
    assert!(!listed.is_empty());
    assert_eq!(list.header("x-total-count"), listed.len().to_string());
    assert_eq!(server.count(&id).await, listed.len() as u64);
    for query in ["", "common"] {
        let body = json!({"project_id": id, "query": query, "limit": 1000});
        let recalled = server.post("/api/memory/recall", body).await.expect(200).json();
        assert_eq!(named(&recalled), listed, "{query:?}");
    }
    // No word of a value that was replaced or deleted is left behind.
    for n in 0..32 * 7 + 20 * 13 {
        let word = word(n);
        let holders = listed.iter().filter(|item| item.contains(&word)).count();
        assert_eq!(server.recalled(&id, &word).await.len(), holders, "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_deleted_among_writes_is_gone_whole() {
    let server = Arc::new(TestServer::start().await);
    for round in 0..5 {
        let id = server.project("doomed").await;
        let start = Arc::new(Barrier::new(33));
        let mut tasks = JoinSet::new();
        for task in 0..32_usize {
            let (server, id, start) = (server.clone(), id.clone(), start.clone());
            tasks.spawn(async move {
                start.wait().await;
                // Until the end of the project; each write either comes before it or finds it gone.
                loop {
                    let answer = match task % 4 {
                        0 => server.store(&id, "error", &format!("k{task}"), json!("walrus")).await,
                        1 => {
                            let message = json!({"role": "user", "content": "walrus"});
                            server.post(&format!("/api/projects/{id}/messages"), message).await
                        }
                        2 => {
                            server
                                .post("/api/memory/recall", json!({"project_id": id, "query": "walrus"}))
                                .await
                        }
                        _ => server.put(&format!("/api/projects/{id}"), json!({"name": "still here"})).await,
                    };
                    match answer.status.as_u16() {
                        200 | 201 => {}
                        404 => {
                            answer.problem(404, "project_not_found");
                            break;
                        }
                        // Updates that keep losing against each other are told so.
                        409 => drop(answer.problem(409, "conflict")),
                        _ => panic!("{}", String::from_utf8_lossy(&answer.body)),
                    }
                }
            });
        }
        start.wait().await;
        for _ in 0..round {
            assert!(server.store(&id, "error", "k", json!("walrus")).await.status.is_success());
        }
        server.delete(&format!("/api/projects/{id}")).await.expect(204);
        tasks.join_all().await;
        let path = format!("/api/projects/{id}");
        for gone in ["", "/memory", "/memory/count", "/messages", "/context", "/memory/error/k0"] {
            server.get(&format!("{path}{gone}")).await.problem(404, "project_not_found");
        }
        let recall = json!({"project_id": id, "query": "walrus"});
        server.post("/api/memory/recall", recall).await.problem(404, "project_not_found");
        assert_eq!(server.get("/api/projects").await.expect(200).header("x-total-count"), "0");
    }
    let next = server.project("next").await;
    assert!(server.recalled(&next, "walrus").await.is_empty());
    assert_eq!(server.count(&next).await, 0);
}
