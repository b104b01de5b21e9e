//! 32 clients that store, two that recall what was acknowledged, and what all of them saw.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::harness::TestServer;

/// How many clients store.
const WRITERS: usize = 32;
/// What no answer may take: a bound on what hangs. The promise, 2 s, is in the figures.
const HANGS: Duration = Duration::from_secs(20);
/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_mins(1);

/// One answer to a store.
#[derive(Clone, Debug)]
struct Seen {
    key: String,
    status: u16,
    began: Instant,
    took: Duration,
}

#[derive(Default)]
struct Record {
    stores: Vec<Seen>,
    recalls: usize,
    slowest_recall: Duration,
    /// What must not be: an answer of another kind, or a recall that misses what was acknowledged.
    wrong: Vec<String>,
}

/// The clients.
pub struct Load {
    server: Arc<TestServer>,
    project: String,
    record: Arc<Mutex<Record>>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

/// What the clients saw, in figures.
#[derive(Debug)]
pub struct Told {
    /// Keys of the stores that were acknowledged.
    pub acknowledged: Vec<String>,
    /// How many were answered 503.
    pub refused: usize,
}

impl Load {
    /// Starts them on a new project.
    pub async fn start(server: TestServer) -> Self {
        let project = server.project("under load").await;
        let server = Arc::new(server);
        let (record, stop) = (Arc::<Mutex<Record>>::default(), Arc::<AtomicBool>::default());
        let mut clients = JoinSet::new();
        for writer in 0..WRITERS {
            clients.spawn(store(server.clone(), project.clone(), record.clone(), stop.clone(), writer));
        }
        for _ in 0..2 {
            clients.spawn(recall(server.clone(), project.clone(), record.clone(), stop.clone()));
        }
        Self { server, project, record, stop, clients }
    }

    /// The project that they work on.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Waits until so many stores that began from now on were acknowledged; how long the first took to come.
    pub async fn stores(&self, wanted: usize) -> Duration {
        self.until(wanted, |seen| matches!(seen.status, 200 | 201)).await
    }

    /// Waits until so many stores that began from now on were refused.
    pub async fn refusals(&self, wanted: usize) -> Duration {
        self.until(wanted, |seen| seen.status == 503).await
    }

    async fn until(&self, wanted: usize, counts: impl Fn(&Seen) -> bool) -> Duration {
        let start = Instant::now();
        loop {
            {
                let record = self.record.lock().unwrap();
                let since: Vec<_> =
                    record.stores.iter().filter(|seen| seen.began >= start && counts(seen)).collect();
                if since.len() >= wanted {
                    return since.iter().map(|seen| seen.began + seen.took).min().unwrap() - start;
                }
            }
            assert!(start.elapsed() < PATIENCE, "nothing of the kind within {PATIENCE:?}");
            // The clients work meanwhile; this only looks at what they note.
            tokio::time::sleep(Duration::from_millis(10)).await; // tidy: see above
        }
    }

    /// Stops the clients, prints what they saw, and checks that nothing of it was wrong.
    pub async fn stop(mut self, fault: &str, again: Duration) -> (TestServer, String, Told) {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        let record = std::mem::take(&mut *self.record.lock().unwrap());
        let of = |status: &[u16]| record.stores.iter().filter(|seen| status.contains(&seen.status)).count();
        let slowest = |status: &[u16]| {
            let took =
                record.stores.iter().filter(|seen| status.contains(&seen.status)).map(|seen| seen.took);
            took.max().unwrap_or_default().as_millis()
        };
        println!(
            "| {fault} | {} | {} | {} ms | {} ms | {} | {} ms | {} ms |",
            of(&[200, 201]),
            of(&[503]),
            slowest(&[503]),
            slowest(&[200, 201]),
            record.recalls,
            record.slowest_recall.as_millis(),
            again.as_millis(),
        );
        assert_eq!(record.wrong, Vec::<String>::new(), "{fault}");
        assert!(record.recalls > 0, "{fault}: nothing was recalled");
        let acknowledged = record.stores.iter().filter(|seen| matches!(seen.status, 200 | 201));
        let acknowledged = acknowledged.map(|seen| seen.key.clone()).collect();
        let told = Told { acknowledged, refused: of(&[503]) };
        let server = Arc::into_inner(self.server).expect("the clients are gone");
        (server, self.project, told)
    }
}

async fn store(
    server: Arc<TestServer>,
    project: String,
    record: Arc<Mutex<Record>>,
    stop: Arc<AtomicBool>,
    writer: usize,
) {
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let key = format!("writer{writer}number{n}");
        let body = json!({"project_id": project, "type": "context", "key": key, "value": format!("the value of {key}")});
        let began = Instant::now();
        let answered = timeout(HANGS, server.post("/api/memory/store", body)).await;
        let took = began.elapsed();
        let mut wrong = None;
        let status = match answered {
            Err(_) => {
                wrong = Some(format!("a store of {key} hung"));
                0
            }
            Ok(answer) => {
                let status = answer.status.as_u16();
                match status {
                    201 => {}
                    503 if answer.headers.contains_key("retry-after") => {}
                    _ => wrong = Some(format!("a store of {key} was answered {answer:?}")),
                }
                status
            }
        };
        {
            let mut record = record.lock().unwrap();
            record.wrong.extend(wrong);
            record.stores.push(Seen { key, status, began, took });
        }
        if status == 503 {
            // As clients do who read Retry-After, but not so patiently.
            // Clients that are refused come back a little later.
            tokio::time::sleep(Duration::from_millis(10)).await; // tidy: see above
        }
    }
}

async fn recall(server: Arc<TestServer>, project: String, record: Arc<Mutex<Record>>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        let newest = {
            let record = record.lock().unwrap();
            let mut acknowledged = record.stores.iter().rev().filter(|seen| matches!(seen.status, 200 | 201));
            acknowledged.next().map(|seen| seen.key.clone())
        };
        let Some(key) = newest else {
            tokio::task::yield_now().await;
            continue;
        };
        let began = Instant::now();
        let body = json!({"project_id": project, "query": key, "limit": 5});
        let answered = timeout(HANGS, server.call(Method::POST, "/api/memory/recall", &[], body)).await;
        let took = began.elapsed();
        let mut wrong = None;
        match answered {
            Err(_) => wrong = Some(format!("a recall of {key} hung")),
            Ok(answer) => match answer.status.as_u16() {
                200 => {
                    let items = answer.json();
                    let found = items.as_array().unwrap().iter().any(|item| item["key"] == key.as_str());
                    if !found {
                        wrong = Some(format!("a recall of {key}, which was acknowledged, answered {items}"));
                    }
                }
                503 if answer.headers.contains_key("retry-after") => {}
                _ => wrong = Some(format!("a recall of {key} was answered {answer:?}")),
            },
        }
        let mut record = record.lock().unwrap();
        record.wrong.extend(wrong);
        record.recalls += 1;
        record.slowest_recall = record.slowest_recall.max(took);
    }
}
