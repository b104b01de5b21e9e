//! A server with one of everything, and how any documented operation is asked of it.

use http::Method;
use serde_json::{Value, json};

use super::schema::{Document, Operation};
use crate::harness::{Answer, TestServer};

/// A server with a project, an item and a message.
pub struct Stage {
    pub server: TestServer,
    pub project: String,
    message: String,
}

impl Stage {
    pub async fn set() -> Self {
        let server = TestServer::start().await;
        let (project, message) = filled(&server).await;
        Self { server, project, message }
    }

    /// Another project takes the place of the one that there was.
    pub async fn renew(&mut self) {
        (self.project, self.message) = filled(&self.server).await;
    }

    /// The path with its parameters filled in and, from the query string, what is required.
    pub fn target(&self, operation: &Operation<'_>) -> String {
        let mut target = operation.path.to_owned();
        let value = |name: &str| match name {
            "id" | "project_id" => self.project.clone(),
            "message_id" => self.message.clone(),
            "type" => "error".to_owned(),
            "key" => "k".to_owned(),
            "query" => "login".to_owned(),
            other => panic!("{other} of {} is new to this test", operation.name()),
        };
        for parameter in operation.parameters("path") {
            let name = parameter["name"].as_str().unwrap();
            target = target.replace(&format!("{{{name}}}"), &value(name));
        }
        assert!(!target.contains('{'), "{target} has parameters that are not documented");
        for parameter in operation.parameters("query").into_iter().filter(|it| it["required"] == true) {
            let name = parameter["name"].as_str().unwrap();
            let separator = if target.contains('?') { '&' } else { '?' };
            target = format!("{target}{separator}{name}={}", value(name));
        }
        target
    }

    /// The documented example of the body, of this project; null where there is no body.
    pub fn body(&self, document: &Document, operation: &Operation<'_>) -> Value {
        let Some(schema) = operation.body_schema() else { return Value::Null };
        let example = document.closed(schema)["example"].clone();
        assert!(example.is_object(), "{} has no example of its body", operation.name());
        serde_json::from_str(&example.to_string().replace("{id}", &self.project)).unwrap()
    }

    pub async fn ask(&self, operation: &Operation<'_>, target: &str, body: Value) -> Answer {
        let method: Method = operation.method.parse().unwrap();
        self.server.call(method, target, &[], body).await
    }
}

async fn filled(server: &TestServer) -> (String, String) {
    let project = server.project("web shop").await;
    let item = json!({"project_id": project, "type": "error", "key": "k", "value": {"login": ["fails", 500]},
        "ttl": 3600, "session_id": "s", "metadata": {"file": "src/login.rs"}, "importance": 0.7});
    server.post("/api/memory/store", item).await.expect(201);
    let metadata =
        json!({"instruction": "look", "summary": "short", "confidence": 0.5, "memory_keys": ["k"]});
    let message = json!({"role": "user", "content": "login fails", "session_id": "s", "metadata": metadata});
    let message = server.post(&format!("/api/projects/{project}/messages"), message).await.expect(201).json();
    let described = json!({"description": "the shop", "metadata": {"team": "checkout"}});
    server.patch(&format!("/api/projects/{project}"), described).await.expect(200);
    (project, message["id"].as_str().unwrap().to_owned())
}
