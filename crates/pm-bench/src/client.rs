//! A client that fills a server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use crate::Outcome;
use crate::text::Writer;

/// Items that are stored at a time.
const BATCH: usize = 500;

/// An HTTP client that keeps its connection.
pub fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(Duration::from_mins(1))).build().new_agent()
}

/// A client of one server.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    server: String,
    key: String,
}

impl Client {
    /// Of the server at this address, with an API key; an empty one is not sent.
    pub fn new(server: &str, key: &str) -> Self {
        Self { agent: agent(), server: server.to_owned(), key: key.to_owned() }
    }

    /// What a path answers.
    pub fn get(&self, path: &str) -> Outcome<String> {
        let request = self.agent.get(format!("{}{path}", self.server));
        let request = if self.key.is_empty() { request } else { request.header("x-api-key", &self.key) };
        Ok(request.call()?.body_mut().with_config().limit(64 << 20).read_to_string()?)
    }

    /// Sends JSON and reads JSON.
    pub fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        let request = self.agent.post(format!("{}{path}", self.server));
        let request = if self.key.is_empty() { request } else { request.header("x-api-key", &self.key) };
        let mut answer = request.header("content-type", "application/json").send(body.to_string())?;
        Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
    }

    /// Makes a project; its id.
    pub fn project(&self, name: &str) -> Outcome<String> {
        let project = self.post("/api/projects", &json!({ "name": name }))?;
        Ok(project.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned())
    }

    /// Stores `items` items in batches; their texts follow from `seed`.
    pub fn fill(&self, project: &str, items: usize, seed: u64) -> Outcome<()> {
        let mut writer = Writer::new(seed);
        for start in (0..items).step_by(BATCH) {
            let batch: Vec<_> = (start..items.min(start + BATCH))
                .map(|n| json!({"type": "context", "key": format!("item-{n}"), "value": writer.text()}))
                .collect();
            self.post("/api/memory/store/batch", &json!({"project_id": project, "items": batch}))?;
        }
        Ok(())
    }

    /// Waits until the background has made the vectors of all items.
    pub fn settle(&self, patience: Duration) -> Outcome<()> {
        let beginning = Instant::now();
        while beginning.elapsed() < patience {
            // A server that is that busy may say for a moment that its store is slow.
            let health = self.get("/health").unwrap_or_default();
            let health: Value = serde_json::from_str(&health).unwrap_or_default();
            if health.pointer("/embedder/pending") == Some(&json!(0)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err(format!("the vectors of the items are not done after {} s", patience.as_secs()).into())
    }
}
