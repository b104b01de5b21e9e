//! A server with another server for vectors: items are found by what they mean, also after a crash.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::harness::TestServer;
use crate::harness::process::{PATIENCE, Process};

/// Words of one line mean the same.
const MEANINGS: [&[&str]; 2] = [&["cat", "feline"], &["car", "automobile"]];

/// A server for vectors.
struct Embeddings {
    url: String,
    counts: Arc<Counts>,
}

struct Counts {
    /// Texts that were answered.
    texts: watch::Sender<usize>,
    /// From how many on no more are answered.
    limit: watch::Sender<usize>,
}

impl Embeddings {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counts = Counts { texts: watch::Sender::new(0), limit: watch::Sender::new(usize::MAX) };
        let counts = Arc::new(counts);
        let app = Router::new().route("/v1/embeddings", post(embed)).with_state(counts.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, counts }
    }

    fn settings(&self) -> [(&str, &str); 5] {
        [
            ("EMBEDDER", "http"),
            ("EMBEDDING_URL", &self.url),
            ("EMBEDDING_MODEL", "fake"),
            ("EMBEDDING_QUERY_BUDGET_MS", "10000"),
            ("MAX_MEMORY_ITEMS", "0"),
        ]
    }

    /// Waits until this many texts were answered.
    async fn answered(&self, texts: usize) {
        let mut answered = self.counts.texts.subscribe();
        timeout(PATIENCE, answered.wait_for(|count| *count >= texts)).await.unwrap().unwrap();
    }
}

async fn embed(State(counts): State<Arc<Counts>>, Json(body): Json<Value>) -> Json<Value> {
    let one = [body["input"].clone()];
    let texts = body["input"].as_array().map_or(&one[..], Vec::as_slice);
    let so_far = *counts.texts.borrow();
    let _ = counts.limit.subscribe().wait_for(|limit| so_far < *limit).await;
    let vector = |text: &Value| {
        let words: Vec<_> = text.as_str().unwrap().split(|c: char| !c.is_alphanumeric()).collect();
        let mut vector = [0.0, 0.0, 0.01];
        for (meaning, same) in MEANINGS.iter().enumerate() {
            vector[meaning] = if same.iter().any(|word| words.contains(word)) { 1.0 } else { 0.0 };
        }
        vector
    };
    let entry = |(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text)});
    let data: Vec<_> = texts.iter().enumerate().map(entry).collect();
    counts.texts.send_modify(|count| *count += texts.len());
    Json(json!({"object": "list", "data": data, "model": "fake"}))
}

fn pending(health: &Value) -> u64 {
    assert_eq!(health["embedder"]["name"], "fake");
    health["embedder"]["pending"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_stored_is_found_by_its_meaning() {
    let embeddings = Embeddings::start().await;
    let server = TestServer::with(&embeddings.settings()).await;
    let project = server.project("p").await;
    server.store(&project, "context", "k1", json!("the cat sat")).await.expect(201);
    server.store(&project, "context", "k2", json!("the car stood")).await.expect(201);
    assert!(pending(&server.get("/health").await.expect(200).json()) <= 2);
    server.embedded().await;
    assert_eq!(server.recalled(&project, "feline").await[0], "k1");
    assert_eq!(server.recalled(&project, "automobile").await[0], "k2");
    let metrics = String::from_utf8(server.get("/metrics").await.expect(200).body.to_vec()).unwrap();
    for name in
        ["embedder_pending", "embedder_items_total{outcome=\"embedded\"}", "recall_query_vectors_total"]
    {
        assert!(metrics.contains(name), "{name} is missing in\n{metrics}");
    }
    let body = json!({"project_id": project, "query": "feline", "explain": true});
    let items = server.post("/api/memory/recall", body).await.expect(200).json();
    assert_eq!(items[0]["explain"]["transformer"], Value::Null, "told only where it is missing");
}

#[tokio::test]
async fn what_a_crash_left_is_embedded_at_the_next_start() {
    const ITEMS: usize = 300;
    let embeddings = Embeddings::start().await;
    embeddings.counts.limit.send_replace(100);
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &embeddings.settings()).await;
    let project = server.project("p").await;
    let item = |n: usize| {
        let text = if n == ITEMS - 1 { "a cat".to_owned() } else { format!("number {n}") };
        json!({"type": "context", "key": format!("{n}"), "value": text})
    };
    let items: Vec<_> = (0..ITEMS).map(item).collect();
    server.post("/api/memory/store/batch", json!({"project_id": project, "items": items})).await.expect(200);
    embeddings.answered(100).await;
    assert!(pending(&server.get("/health").await.expect(200).json()) > 0);
    server.kill().await;

    embeddings.counts.limit.send_replace(usize::MAX);
    let server = Process::start(folder.path(), &embeddings.settings()).await;
    assert!(pending(&server.get("/health").await.expect(200).json()) < 300, "some were done before");
    let quiet = async { while pending(&server.get("/health").await.expect(200).json()) > 0 {} };
    timeout(PATIENCE, quiet).await.unwrap();
    let query = json!({"project_id": project, "query": "feline", "limit": 1});
    let found = server.post("/api/memory/recall", query).await.expect(200).json();
    assert_eq!(found[0]["key"], (ITEMS - 1).to_string());
    // A batch or two were on their way when the process died.
    let texts = *embeddings.counts.texts.borrow();
    assert!((ITEMS..ITEMS + 150).contains(&texts), "{texts} texts were embedded");
    server.stop().await;
}

#[tokio::test]
async fn a_write_changes_recall_at_once_with_every_embedder() {
    let embeddings = Embeddings::start().await;
    for embedder in ["minilm", "static", "none", "http"] {
        let mut settings = embeddings.settings().to_vec();
        settings.retain(|(name, _)| *name != "EMBEDDER");
        settings.push(("EMBEDDER", embedder));
        let server = TestServer::with(&settings).await;
        let id = server.project("p").await;
        for n in 0..20 {
            let key = format!("k{n}");
            let (first, second) =
                (format!("the walrus sings number {n}"), format!("an invoice over {n} euros"));
            server.store(&id, "context", &key, json!(first)).await.expect(201);
            assert_eq!(server.recalled(&id, &first).await[0], key, "{embedder}: stored");
            server.store(&id, "context", &key, json!(second)).await.expect(200);
            assert_eq!(server.recalled(&id, &second).await[0], key, "{embedder}: replaced");
            let path = format!("/api/projects/{id}/memory/context/{key}");
            if n % 2 == 0 {
                server.delete(&path).await.expect(204);
                let found = server.recalled(&id, &second).await;
                assert!(!found.contains(&key), "{embedder}: deleted, and found: {found:?}");
            }
        }
        server.delete(&format!("/api/projects/{id}/memory")).await.expect(200);
        assert!(server.recalled(&id, "an invoice over 3 euros").await.is_empty(), "{embedder}: cleared");
    }
}
