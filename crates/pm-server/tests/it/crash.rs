//! The death of the process in the middle of a storm of writes: what was acknowledged is there afterwards.
//!
//! A kill keeps what the system has taken from the process, so this holds the order of answer and commit, and the recovery;
//! that a commit is on the disk (`synchronous=FULL`) only a loss of power would show.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::time::Instant;

use http::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::harness::process::{PATIENCE, Process, ask};
use crate::harness::store::is_embedded;

const CLIENTS: usize = 64;
/// Recalls that a round is checked with.
const RECALLS: usize = 200;
const TYPES: [&str; 4] = ["error", "solution", "context", "dependency"];

/// A write, and what it makes of which keys.
struct Write {
    items: Vec<(String, Value)>,
    /// The `Idempotency-Key`, and the answer once there is one.
    once: Option<(String, Value)>,
}

/// What a client saw: the writes that were acknowledged, and the one that the crash cut off.
type Seen = (Vec<Write>, Write);

/// A word that no other text holds, in letters that no stemmer touches.
fn word(parts: [usize; 4]) -> String {
    let letters =
        |part: usize| part.to_string().bytes().map(|d| char::from(d - b'0' + b'a')).collect::<String>();
    format!("{}zq", parts.map(letters).join("x"))
}

impl Write {
    /// The `n`th write of a client in a round: new ones, batches, and replacements of what it wrote before.
    fn new(round: usize, client: usize, n: usize) -> Self {
        let value =
            |part| json!({"word": word([round, client, n, part]), "text": "é\n".repeat(n * 37 % 900)});
        let key = |n, part| format!("{round}/{client}/{n}/{part}");
        let items = match n % 5 {
            0 | 1 => vec![(key(n, 0), value(0))],
            2 => (0..5).map(|part| (key(n, part), value(part))).collect(),
            _ => vec![(key(n - 3, 0), value(0))],
        };
        Self { items, once: n.is_multiple_of(5).then(|| (key(n, 0), Value::Null)) }
    }

    /// Sends it; the answer if it is acknowledged.
    async fn send(&self, server: &Server) -> Option<Value> {
        let item = |(key, value): &(String, Value)| json!({"type": type_of(key), "key": key, "value": value});
        let (path, body) = if let [one] = &self.items[..] {
            let mut body = item(one);
            body["project_id"] = json!(server.project);
            ("/api/memory/store", body)
        } else {
            let items: Vec<Value> = self.items.iter().map(item).collect();
            ("/api/memory/store/batch", json!({"project_id": server.project, "items": items}))
        };
        let headers: Vec<_> = self.once.iter().map(|(key, _)| ("idempotency-key", key.as_str())).collect();
        let asked = ask(&server.client, &server.url, Method::POST, path, &headers, &body);
        let answer = timeout(PATIENCE, asked).await.expect("no answer and no end").ok()?;
        assert!(matches!(answer.status.as_u16(), 200 | 201), "{answer:?}");
        Some(json!([answer.status.as_u16(), answer.json()]))
    }
}

fn type_of(key: &str) -> &'static str {
    TYPES[key.len() % 4]
}

/// The server of a round.
#[derive(Clone)]
struct Server {
    client: hyper_util::client::legacy::Client<
        hyper_util::client::legacy::connect::HttpConnector,
        axum::body::Body,
    >,
    url: String,
    project: String,
}

/// Writes until the server is gone.
async fn storm(server: Server, round: usize, client: usize, acknowledged: watch::Sender<usize>) -> Seen {
    let mut writes = Vec::new();
    loop {
        let mut write = Write::new(round, client, writes.len());
        let Some(answer) = write.send(&server).await else { return (writes, write) };
        if let Some((_, first)) = &mut write.once {
            *first = answer;
        }
        writes.push(write);
        acknowledged.send_modify(|count| *count += 1);
    }
}

/// All items of the project.
async fn items(server: &Process, project: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut next = Some(format!("/api/projects/{project}/memory?sort=key&limit=1000"));
    while let Some(path) = next {
        let page = server.get(&path).await.expect(200);
        next = page.header("link").split(['<', '>']).nth(1).map(str::to_owned);
        for item in page.json().as_array().unwrap() {
            let key = item["key"].as_str().unwrap();
            assert_eq!(item["type"], type_of(key));
            assert!(found.insert(key.to_owned(), item["value"].clone()).is_none(), "{key} is there twice");
        }
    }
    found
}

/// Checks the database as the crash left it, in a copy: the server is to recover the files themselves.
fn check_integrity(data: &Path) {
    let copy = tempfile::tempdir().unwrap();
    for name in ["ai-pm.sqlite3", "ai-pm.sqlite3-wal"] {
        std::fs::copy(data.join(name), copy.path().join(name)).unwrap();
    }
    let database = rusqlite::Connection::open(copy.path().join("ai-pm.sqlite3")).unwrap();
    let verdict: String = database.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

/// A number below `bound` that nobody can foretell.
fn random(bound: usize) -> usize {
    usize::try_from(RandomState::new().build_hasher().finish() % bound as u64).unwrap()
}

/// Takes what a round wrote into what must be there; what was cut off may have been done, but then whole.
fn settle(expected: &mut BTreeMap<String, Value>, found: &BTreeMap<String, Value>, seen: &[Seen]) {
    for (writes, _) in seen {
        expected.extend(writes.iter().flat_map(|write| write.items.clone()));
    }
    for (_, cut) in seen {
        let done = cut.items.iter().filter(|(key, value)| found.get(key) == Some(value)).count();
        assert!(done == 0 || done == cut.items.len(), "half a batch: {:?}", cut.items);
        if done > 0 {
            expected.extend(cut.items.clone());
        }
    }
    for (key, value) in &*expected {
        assert_eq!(found.get(key), Some(value), "{key} was acknowledged");
    }
    let more: Vec<_> = found.keys().filter(|key| !expected.contains_key(*key)).collect();
    assert!(more.is_empty(), "nobody wrote these: {more:?}");
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    #[expect(clippy::disallowed_methods, reason = "a setting of this test alone")]
    let rounds = std::env::var("CRASH_ROUNDS").ok().map_or(3, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let settings = [("MAX_MEMORY_ITEMS", "0")];
    let mut server = Process::start(folder.path(), &settings).await;
    let project = server.project("storm").await;
    let mut expected = BTreeMap::new();
    for round in 0..rounds {
        let target = Server { client: server.client.clone(), url: server.url(), project: project.clone() };
        let (sender, mut acknowledged) = watch::channel(0);
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            clients.spawn(storm(target.clone(), round, client, sender.clone()));
        }
        let enough = 300 + random(700);
        let reached = acknowledged.wait_for(|count| *count >= enough);
        drop(timeout(PATIENCE, reached).await.expect("too slow").unwrap());
        server.kill().await;
        let seen = timeout(PATIENCE, clients.join_all()).await.expect("a client hangs");
        if is_embedded() {
            check_integrity(&folder.path().join("data"));
        }

        let began = Instant::now();
        server = Process::start(folder.path(), &settings).await;
        let count = server.get(&format!("/api/projects/{project}/memory/count")).await.expect(200).json();
        let restart = began.elapsed();
        let found = items(&server, &project).await;
        assert_eq!(count["count"], found.len());
        settle(&mut expected, &found, &seen);
        check_round(&server, &project, &mut expected, &seen).await;
        let writes: usize = seen.iter().map(|(writes, _)| writes.len()).sum();
        println!(
            "round {round}: {writes} writes acknowledged, {CLIENTS} in flight, {} items in all, first answer {} ms \
             after the restart",
            expected.len(),
            restart.as_millis()
        );
    }
    server.stop().await;
}

/// Recalls what a round wrote, and repeats its writes that may be repeated: they get their first answer, and undo nothing.
async fn check_round(server: &Process, project: &str, expected: &mut BTreeMap<String, Value>, seen: &[Seen]) {
    let mut keys: Vec<&String> =
        seen.iter().flat_map(|(writes, _)| writes).flat_map(|w| &w.items).map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys.iter().step_by(keys.len().div_ceil(RECALLS)) {
        let body = json!({"project_id": project, "query": expected[*key]["word"], "limit": 1});
        let found = server.post("/api/memory/recall", body).await.expect(200).json();
        assert_eq!(found[0]["key"], **key, "{found}");
    }
    let again = Server { client: server.client.clone(), url: server.url(), project: project.to_owned() };
    for write in seen.iter().flat_map(|(writes, _)| writes) {
        if let Some((_, first)) = &write.once {
            assert_eq!(write.send(&again).await.as_ref(), Some(first));
        }
    }
    // One that was cut off is done once, before the crash or now.
    for (_, cut) in seen.iter().filter(|(_, cut)| cut.once.is_some()) {
        assert_eq!(cut.send(&again).await.unwrap()[0], 201);
        expected.extend(cut.items.clone());
    }
    assert_eq!(items(server, project).await, *expected);
}
