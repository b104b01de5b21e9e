//! The server without its sockets: the whole router with authentication, limits, logs and metrics, over an embedded store
//! of its own. Time stands still and ids are counted, so that each run does the same.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Request};
use pm_core::model::KeyDraft;
use pm_core::operations::{Access, Algorithm, Operations, Ports, Settings, Signing};
use pm_core::policy::Actor;
use pm_core::ports::{CountedIds, LimitPolicy, ManualClock};
use pm_server::config::{Format, Log, RateLimit};
use pm_server::limit::Limiter;
use pm_server::rest::{self, Api, Door, Gate, Parts};
use pm_server::telemetry;
use pm_store::embedded::EmbeddedStore;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::Outcome;

/// When everything happens.
const NOW: &str = "2026-03-05T14:07:00Z";
/// As much as no run asks for.
const PLENTY: u32 = 1_000_000;
/// Within this the vault says that what is remembered of keys holds; time stands still, so that it holds for ever.
const CONFIRMED: Duration = Duration::from_secs(1);

/// The server without its sockets.
pub(crate) struct App {
    runtime: Runtime,
    api: Api,
    /// The door, which the API asks too.
    pub(crate) access: Arc<Access>,
    /// A key that lets its bearer in.
    pub(crate) key: String,
    _logs: telemetry::logs::Guard,
    _folder: TempDir,
}

impl App {
    /// A server with one key and nothing else.
    pub(crate) fn start() -> Outcome<Self> {
        let log = Log { level: tracing::Level::INFO, format: Format::Json, dir: None, max_files: 2 };
        let logs = telemetry::logs::init(&log)?;
        telemetry::metrics::install();
        let folder = tempfile::tempdir()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (api, access, key) = runtime.block_on(open(&folder))?;
        Ok(Self { runtime, api, access, key, _logs: logs, _folder: folder })
    }

    /// Waits for what needs no request.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Asks the server; what it answers. What is no success is a failure.
    pub(crate) fn call(&mut self, method: Method, path: &str, body: String) -> Outcome<Vec<u8>> {
        let mut request = Request::builder().method(method).uri(path).body(Body::from(body))?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HeaderName::from_static("x-api-key"), HeaderValue::from_str(&self.key)?);
        let api = &mut self.api;
        self.runtime.block_on(async {
            let response = api.call(request).await?;
            let status = response.status();
            let body = to_bytes(response.into_body(), usize::MAX).await?;
            if status.is_success() {
                return Ok(body.to_vec());
            }
            Err(format!("{path}: {status}, {}", String::from_utf8_lossy(&body)).into())
        })
    }

    /// Makes a project; its id.
    pub(crate) fn project(&mut self) -> Outcome<String> {
        let body = json!({"name": "web shop", "description": "Sells what the garden gives."});
        let made: Value =
            serde_json::from_slice(&self.call(Method::POST, "/api/projects", body.to_string())?)?;
        Ok(made.get("id").and_then(Value::as_str).ok_or("a project without an id")?.to_owned())
    }
}

/// The API over a store in `folder`, the door to it, and a key.
async fn open(folder: &TempDir) -> Outcome<(Api, Arc<Access>, String)> {
    let clock = Arc::new(ManualClock::new(NOW.parse()?));
    let store = EmbeddedStore::open(folder.path(), clock.clone()).await?;
    let ids = Arc::new(CountedIds::default());
    let ports =
        Ports { store: store.clone(), vault: store.clone(), clock: clock.clone(), ids, embedder: None };
    let operations = Operations::new(&ports, &settings());
    let draft = KeyDraft::new(json!({"name": "paths", "scopes": ["admin"]}))?;
    let key = operations.keys.create(draft, &Actor::shell()).await?.1.expose();
    let access = operations.access.clone();
    // It never ends by itself.
    drop(tokio::time::timeout(CONFIRMED, access.watch()).await);
    access.authenticate(&key).await?.ok_or("the key is not known")?;
    let api = rest::api(Parts {
        operations,
        ports,
        max_body_bytes: 8 << 20,
        cors_origins: Vec::new(),
        documents: true,
        gate: Gate { auth_required: true, documents: Door::Open, metrics: Door::Open },
        encrypted: false,
        limiter: Arc::new(Limiter::new(
            RateLimit { per_second: PLENTY, burst: PLENTY },
            Vec::new(),
            store,
            clock,
        )),
        hurry: CancellationToken::new(),
        beside: Vec::new(),
    });
    Ok((api, access, key))
}

fn settings() -> Settings {
    Settings {
        max_items: 0,
        limit_policy: LimitPolicy::Reject,
        default_ttl: None,
        context_window: 10,
        confidence_threshold: 0.5,
        index_bytes: 1 << 30,
        embedding_threads: 1,
        query_budget: Duration::ZERO,
        statics: true,
        signing: Signing { algorithm: Algorithm::HS256, key: vec![7; 32], previous: None },
        access_token: Duration::from_mins(30),
        audit_kept: None,
    }
}
