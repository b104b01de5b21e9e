//! Health: `/health`, `/health/redis`, `/health/ready` ask the store, `/health/live` does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use jiff::Timestamp;
use pm_core::operations::{Embedding, Operations, Ports};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Answer};
use super::schema;
use super::state::App;

/// How long the store may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells how the server is.
#[derive(Clone, Debug)]
pub struct Health {
    ports: Ports,
    embedding: Arc<Embedding>,
    started: Instant,
    /// What the store last said, for the answer that does not ask it.
    last: Arc<Last>,
}

/// What the store last said.
#[derive(Debug)]
struct Last {
    connected: AtomicBool,
    latency_micros: AtomicU64,
}

#[derive(Serialize)]
struct Body {
    status: &'static str,
    store: Store,
    redis: &'static str,
    embedder: Embedder,
    version: &'static str,
    uptime_seconds: u64,
    timestamp: Timestamp,
}

#[derive(Serialize)]
struct Store {
    kind: &'static str,
    status: &'static str,
    latency_ms: f64,
    #[serde(flatten)]
    server: Option<Server>,
}

/// The server that the store runs on, while it is there.
#[derive(Serialize)]
struct Server {
    product: String,
    server_version: String,
    mode: &'static str,
}

#[derive(Serialize)]
struct Embedder {
    name: String,
    pending: u64,
}

impl Health {
    /// The health of a server that starts now over `ports` and `operations`.
    pub fn new(ports: &Ports, operations: &Operations) -> Self {
        // It has just been opened.
        let last = Last { connected: AtomicBool::new(true), latency_micros: AtomicU64::new(0) };
        let embedding = operations.embedding.clone();
        Self { ports: ports.clone(), embedding, started: Instant::now(), last: Arc::new(last) }
    }

    async fn asked(&self) -> Answer {
        let began = Instant::now();
        let answered = tokio::time::timeout(PATIENCE, self.ports.store.ping()).await;
        let latency = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let connected = matches!(answered, Ok(Ok(())));
        self.last.connected.store(connected, Ordering::Relaxed);
        self.last.latency_micros.store(latency, Ordering::Relaxed);
        let status = if connected { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let health = if connected { "healthy" } else { "unhealthy" };
        answer::json(status, &self.body(health))
    }

    /// What is known now.
    #[expect(clippy::cast_precision_loss, reason = "a latency is far below 2^53 microseconds")]
    fn body(&self, status: &'static str) -> Body {
        let connected = self.last.connected.load(Ordering::Relaxed);
        let latency_ms = self.last.latency_micros.load(Ordering::Relaxed) as f64 / 1000.0;
        let kind = self.ports.store.kind();
        let server = self.ports.store.server().filter(|_| connected);
        let server = server.map(|info| Server {
            product: info.product,
            server_version: info.version,
            mode: info.mode,
        });
        let answers = if connected { "connected" } else { "disconnected" };
        Body {
            status,
            store: Store { kind, status: answers, latency_ms, server },
            redis: if kind == "redis" { answers } else { "not_configured" },
            embedder: Embedder { name: self.embedding.name().to_owned(), pending: self.embedding.pending() },
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: self.started.elapsed().as_secs(),
            timestamp: self.ports.clock.now(),
        }
    }
}

/// The routes; each also works under `/api`.
pub fn routes() -> OpenApiRouter<App> {
    let paths = ["/api/health", "/api/health/redis", "/api/health/ready"];
    let router = paths.into_iter().fold(OpenApiRouter::new(), |router, path| router.route(path, get(health)));
    router
        .route("/api/health/live", get(health_live))
        .routes(routes!(health))
        .routes(routes!(health_redis))
        .routes(routes!(health_ready))
        .routes(routes!(health_live))
}

/// How the server and its store are.
#[utoipa::path(
    get, path = "/health", tag = "server",
    responses((status = 200, description = "All is well", body = schema::Health),
        (status = 503, description = "The store does not answer", body = schema::Health))
)]
async fn health(State(health): State<Health>) -> Answer {
    health.asked().await
}

/// How the store is, Redis or not.
#[utoipa::path(
    get, path = "/health/redis", tag = "server",
    responses((status = 200, description = "The store answers", body = schema::Health),
        (status = 503, description = "The store does not answer", body = schema::Health))
)]
async fn health_redis(State(health): State<Health>) -> Answer {
    health.asked().await
}

/// Whether the server can take requests.
#[utoipa::path(
    get, path = "/health/ready", tag = "server",
    responses((status = 200, description = "It can", body = schema::Health),
        (status = 503, description = "The store does not answer", body = schema::Health))
)]
async fn health_ready(State(health): State<Health>) -> Answer {
    health.asked().await
}

/// Whether the server runs. The store is not asked: what it last said is told.
#[utoipa::path(
    get, path = "/health/live", tag = "server",
    responses((status = 200, description = "It runs", body = schema::Health))
)]
async fn health_live(State(health): State<Health>) -> Answer {
    answer::json(StatusCode::OK, &health.body("healthy"))
}
