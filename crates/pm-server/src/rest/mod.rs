//! The REST API: one file an end point, named by its verb, under its noun.

mod answer;
mod audit;
mod auth;
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

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use pm_core::operations::{Operations, Ports};
use pm_core::policy::Principal;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use documents::Shown;
use extract::BodyLimit;
use health::Health;
use layers::edge::Edge;
pub use layers::gate::{Door, Gate};
use layers::identify::Identification;
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
}

/// The whole API as a service.
pub fn router(parts: Parts) -> Router {
    let health = Health::new(&parts.ports, &parts.operations);
    let identification = Identification {
        access: parts.operations.access.clone(),
        gate: parts.gate,
        anonymous: Arc::new(Principal::anonymous()),
    };
    let (shown, body_limit) = (Shown(parts.documents), BodyLimit::new(parts.max_body_bytes));
    let app = App::new(parts.operations, health, body_limit, parts.limiter.clone(), shown);
    let (routes, declared) = declared().split_for_parts();
    let edge = Edge { ids: parts.ports.ids, encrypted: parts.encrypted };
    // From the inside out.
    let inner = routes
        .merge(match shown {
            Shown(true) => documents::routes(openapi::finished(&declared).to_string()),
            Shown(false) => Router::new(),
        })
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn(layers::accept::check))
        .layer(from_fn_with_state(parts.gate, layers::gate::keep))
        .layer(from_fn_with_state(parts.hurry, layers::deadline::enforce))
        .layer(from_fn_with_state(parts.limiter, layers::limit::enforce))
        .layer(from_fn_with_state(identification, layers::identify::identify))
        .layer(CatchPanicLayer::custom(layers::panic::respond))
        .layer(layers::cors::layer(&parts.cors_origins))
        .layer(from_fn_with_state(edge, layers::edge::finish))
        .with_state(app);
    // Outside the router: the path must be trimmed before a route is chosen.
    Router::new().fallback_service(inner.map_request(|request: Request| layers::slash::trim(request)))
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
