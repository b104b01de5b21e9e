//! The REST API: one file an end point, named by its verb, under its noun.

mod answer;
mod audit;
mod auth;
mod beside;
mod context;
mod documents;
mod extract;
mod health;
mod keys;
mod layers;
mod memory;
mod messages;
mod metrics;
mod openapi;
mod problem;
mod projects;
mod root;
mod schema;
mod state;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use pm_core::operations::{Operations, Ports};
use pm_core::policy::Principal;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use beside::Beside;
use documents::Shown;
use extract::BodyLimit;
use health::Health;
use layers::cors::Cors;
use layers::edge::Edge;
use layers::figures::Figures;
pub use layers::gate::{Door, Gate};
use layers::identify::Identification;
use layers::{Guard, Layers};
use problem::{Code, Problem};
use state::App;

use crate::limit::Limiter;

/// What the API is built from.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The operations that it offers.
    pub operations: Operations,
    /// What they stand on.
    pub ports: Ports,
    /// The most bytes of a body.
    pub max_body_bytes: usize,
    /// The origins whose pages may call it from a browser.
    pub cors_origins: Vec<String>,
    /// Whether `/docs` and `/openapi.json` are there.
    pub documents: bool,
    /// What is open to whom.
    pub gate: Gate,
    /// Whether connections to this server are encrypted.
    pub encrypted: bool,
    /// How often each may call.
    pub limiter: Arc<Limiter>,
    /// Cancelled when a request that is still at work is to be given up.
    pub hurry: CancellationToken,
    /// What stands behind the same layers without being part of the API.
    pub beside: Vec<Beside>,
}

/// The whole API as a service.
#[derive(Clone, Debug)]
pub struct Api(Router);

impl Service<Request> for Api {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A `Router` is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // Before a route is chosen.
        self.0.call(layers::slash::trim(request))
    }
}

/// The whole API.
pub fn api(parts: Parts) -> Api {
    let health = Health::new(&parts.ports, &parts.operations);
    let identification = Identification {
        access: parts.operations.access.clone(),
        gate: parts.gate,
        anonymous: Principal::anonymous().into(),
    };
    let (shown, body_limit) = (Shown(parts.documents), BodyLimit::new(parts.max_body_bytes));
    let app = App::new(parts.operations, health, body_limit, parts.limiter.clone(), shown);
    let (routes, declared) = declared().split_for_parts();
    let layers = Layers {
        edge: Edge { ids: parts.ports.ids, encrypted: parts.encrypted, figures: Figures::default() },
        cors: Cors::new(&parts.cors_origins, &parts.beside),
        identification,
        limiter: parts.limiter,
        hurry: parts.hurry,
        gate: parts.gate,
    };
    let routes = routes
        .merge(match shown {
            Shown(true) => documents::routes(openapi::finished(&declared).to_string()),
            Shown(false) => Router::new(),
        })
        .merge(parts.beside.into_iter().map(beside::route).fold(Router::new(), Router::merge))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(Guard(Arc::new(layers)))
        .with_state(app);
    Api(routes)
}

/// The OpenAPI document.
pub fn openapi() -> Value {
    let (_, declared) = declared().split_for_parts();
    openapi::finished(&declared)
}

fn declared() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(root::root))
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(auth::routes())
        .merge(keys::routes())
        .merge(audit::routes())
        .merge(projects::routes())
        .merge(memory::routes())
        .merge(messages::routes())
        .routes(routes!(context::get_context))
}

async fn not_found(State(shown): State<Shown>) -> impl IntoResponse {
    let detail = match shown {
        Shown(true) => "there is no such route: /docs lists them all",
        Shown(false) => "there is no such route",
    };
    Problem::new(Code::RouteNotFound, detail)
}

async fn method_not_allowed() -> impl IntoResponse {
    Problem::new(Code::MethodNotAllowed, "the route has no such method: the header Allow lists those it has")
}
