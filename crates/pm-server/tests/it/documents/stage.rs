//! A server with one of everything, and how any documented operation is asked of it.

use http::Method;
use serde_json::{Value, json};

use super::schema::{Document, Operation};
use crate::harness::{Answer, TestServer};

const PASSWORD: &str = "correct-horse";
/// The form with which its user logs in.
pub const LOGIN: &str = "grant_type=password&username=ada&password=correct-horse";

/// A server with a project, an item, a message, and a user.
pub struct Stage {
    pub server: TestServer,
    pub project: String,
    message: String,
    /// A key for whatever there is, and the public id of one that may go.
    admin: String,
    key: String,
}

impl Stage {
    pub async fn set() -> Self {
        Self::over(TestServer::start().await).await
    }

    /// The same over a server of the test's own.
    pub async fn over(server: TestServer) -> Self {
        let admin = server.key(json!({"scopes": ["admin"]})).await;
        server.user("ada", PASSWORD).await;
        let (project, message) = filled(&server, &admin).await;
        let key = spare(&server).await;
        Self { server, project, message, admin, key }
    }

    /// Another project takes the place of the one that there was.
    pub async fn renew(&mut self) {
        (self.project, self.message) = filled(&self.server, &self.admin).await;
        self.key = spare(&self.server).await;
    }

    /// The path with its parameters filled in and, from the query string, what is required.
    pub fn target(&self, operation: &Operation<'_>) -> String {
        let mut target = operation.path.to_owned();
        let value = |name: &str| match name {
            "id" if operation.path.starts_with("/api/auth/keys") => self.key.clone(),
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

    /// The body with which the operation succeeds.
    pub async fn good_body(&self, document: &Document, operation: &Operation<'_>) -> Value {
        if !matches!(operation.path, "/api/auth/refresh" | "/api/auth/logout") {
            return self.body(document, operation);
        }
        let tokens = self.server.post_form("/api/auth/token", LOGIN).await.expect(200).json();
        json!({ "refresh_token": tokens["refresh_token"] })
    }

    /// Another project.
    pub async fn other(&self) -> String {
        filled(&self.server, &self.admin).await.0
    }

    /// The header that opens everything.
    pub fn credential(&self) -> (&str, &str) {
        ("x-api-key", &self.admin)
    }

    pub async fn ask(&self, operation: &Operation<'_>, target: &str, body: Value) -> Answer {
        let method: Method = operation.method.parse().unwrap();
        if operation.path == "/api/auth/token" {
            return self.server.post_form(target, LOGIN).await;
        }
        self.server.call(method, target, &[self.credential()], body).await
    }
}

/// The public id of a key that nobody needs.
async fn spare(server: &TestServer) -> String {
    server.key(json!({"scopes": ["read"]})).await.split('_').nth(1).unwrap().to_owned()
}

async fn filled(server: &TestServer, admin: &str) -> (String, String) {
    let call = async |method: Method, path: &str, body: Value, status: u16| {
        server.call(method, path, &[("x-api-key", admin)], body).await.expect(status).json()
    };
    let described = json!({"name": "web shop", "description": "the shop", "metadata": {"team": "checkout"}});
    let project = call(Method::POST, "/api/projects", described, 201).await;
    let project = project["id"].as_str().unwrap().to_owned();
    let item = json!({"project_id": project, "type": "error", "key": "k", "value": {"login": ["fails", 500]},
        "ttl": 3600, "session_id": "s", "metadata": {"file": "src/login.rs"}, "importance": 0.7});
    call(Method::POST, "/api/memory/store", item, 201).await;
    let metadata =
        json!({"instruction": "look", "summary": "short", "confidence": 0.5, "memory_keys": ["k"]});
    let message = json!({"role": "user", "content": "login fails", "session_id": "s", "metadata": metadata});
    let message = call(Method::POST, &format!("/api/projects/{project}/messages"), message, 201).await;
    (project, message["id"].as_str().unwrap().to_owned())
}
