//! The server under test.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use pm_core::model::{Grant, KeyDraft, Password, Scope, UserDraft, UserName};
use pm_core::operations::{Audit, Keys, Operations, Ports, Users};
use pm_core::policy::Actor;
use pm_core::ports::{Clock, ManualClock, RandomIds};
use pm_server::compose;
use pm_server::config::{Config, Sources};
use pm_server::server::Running;
use pm_store::memory::MemoryStore;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use super::Answer;
use super::process::PATIENCE;

/// A running server with a client for it.
pub struct TestServer {
    running: Running,
    keys: Arc<Keys>,
    users: Users,
    client: Client<HttpConnector, Body>,
    /// The folder of the store, gone with the server.
    pub folder: TempDir,
}

impl TestServer {
    /// A server with the defaults.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with these settings beside the defaults.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), settings).await
    }

    /// A server over the store in `folder`.
    pub async fn start_in(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let config = config(&folder, settings);
        let (ports, operations) = compose::open(&config, compose::Absent::Fail).await.unwrap();
        Self::serve(folder, &config, ports, operations).await
    }

    /// A server over ports of the test's own.
    pub async fn over(ports: Ports, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder, settings);
        let operations = Operations::new(&ports, &compose::settings(&config, &*ports.ids).unwrap());
        Self::serve(folder, &config, ports, operations).await
    }

    /// A server over a store that fails when the test says so, and a clock that stands still until it is moved.
    pub async fn by_hand(settings: &[(&str, &str)]) -> (Self, Arc<MemoryStore>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
        let store = MemoryStore::new(clock.clone());
        (Self::over(ports_of(&store, clock.clone()), settings).await, store, clock)
    }

    async fn serve(folder: TempDir, config: &Config, ports: Ports, operations: Operations) -> Self {
        let (keys, users) = (operations.keys.clone(), users(&ports));
        let running = Running::start(config, ports, operations).await.unwrap();
        Self { running, keys, users, client: Client::builder(TokioExecutor::new()).build_http(), folder }
    }

    /// Stops the server; the folder stays for another.
    pub async fn stop(self) -> TempDir {
        drop(self.client);
        self.running.stop().await.unwrap();
        self.folder
    }

    /// A new key, as its bearer sends it; `body`: its scopes and what else a draft has.
    pub async fn key(&self, mut body: Value) -> String {
        body["name"] = json!("test");
        let draft = KeyDraft::new(body).unwrap();
        self.keys.create(draft, &Actor::shell()).await.unwrap().1.expose()
    }

    /// Makes a user known, with everything but the power to let others in.
    pub async fn user(&self, name: &str, password: &str) {
        let grant = Grant::everywhere(&[Scope::Write]);
        let (name, password) = (UserName::new(name).unwrap(), Password::claimed(password.to_owned()));
        self.users.add(UserDraft { name, password, grant }, &Actor::shell()).await.unwrap();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Sends a request as it is, but for its address.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let target = format!("http://{}{}", self.address(), request.uri());
        *request.uri_mut() = target.parse().unwrap_or_else(|error| panic!("{target}: {error}"));
        let response = self.client.request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request with headers and, where `body` is not null, JSON.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = if body.is_null() {
            request.body(Body::empty())
        } else {
            request.header("content-type", "application/json").body(Body::from(body.to_string()))
        };
        self.send(request.unwrap()).await
    }

    /// Sends bytes as the JSON body of a `POST`.
    pub async fn post_bytes(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.into())).unwrap()).await
    }

    /// Sends a form.
    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        self.send_form(path, &[], form).await
    }

    /// The same with headers.
    pub async fn send_form(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[], body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, &[], body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, &[], body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &[], Value::Null).await
    }

    /// Makes a project; its id.
    pub async fn project(&self, name: &str) -> String {
        let project = self.post("/api/projects/", json!({ "name": name })).await.expect(201).json();
        project["id"].as_str().unwrap().to_owned()
    }

    /// Stores an item.
    pub async fn store(&self, project: &str, r#type: &str, key: &str, value: Value) -> Answer {
        let body = json!({"project_id": project, "type": r#type, "key": key, "value": value});
        self.post("/api/memory/store", body).await
    }

    /// The keys that a recall answers, best first.
    pub async fn recalled(&self, project: &str, query: &str) -> Vec<String> {
        let body = json!({"project_id": project, "query": query, "limit": 1000});
        let items = self.post("/api/memory/recall", body).await.expect(200).json();
        items.as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until all items have their vectors, from when on recalls differ by the clock alone.
    pub async fn embedded(&self) {
        let pending = async || self.get("/health").await.expect(200).json()["embedder"]["pending"].as_u64();
        let all = async { while pending().await.is_some_and(|count| count > 0) {} };
        timeout(PATIENCE, all).await.expect("it embeds forever");
    }

    /// How many items a project has.
    pub async fn count(&self, project: &str) -> u64 {
        let path = format!("/api/projects/{project}/memory/count");
        self.get(&path).await.expect(200).json()["count"].as_u64().unwrap()
    }
}

fn users(ports: &Ports) -> Users {
    Users::over(ports.of_vault(), Arc::new(Audit::over(ports.of_vault(), None)))
}

/// Ports over a store in memory.
pub fn ports_of(store: &Arc<MemoryStore>, clock: Arc<dyn Clock>) -> Ports {
    let (ids, vault) = (Arc::new(RandomIds), store.clone());
    Ports { store: store.clone(), vault, clock, ids, embedder: None }
}

fn config(folder: &TempDir, settings: &[(&str, &str)]) -> Config {
    let mut environment = BTreeMap::from([
        ("API_HOST".to_owned(), "127.0.0.1".to_owned()),
        ("API_PORT".to_owned(), "0".to_owned()),
        ("DATA_DIR".to_owned(), folder.path().display().to_string()),
        // Tests ask more than a client does.
        ("RATE_LIMIT_PER_SECOND".to_owned(), "0".to_owned()),
        // A query whose vector comes late is answered without: how busy the machine is shall not decide here.
        ("EMBEDDING_QUERY_BUDGET_MS".to_owned(), "10000".to_owned()),
    ]);
    environment.extend(super::store::with(folder.path(), settings));
    Config::load(&Sources::new(environment, None, None)).unwrap()
}
