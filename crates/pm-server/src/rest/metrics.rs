//! `GET /metrics`.

use axum::response::IntoResponse;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::App;

/// The routes; it also works under `/api`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/api/metrics", get(metrics)).routes(routes!(metrics))
}

/// What Prometheus reads: requests, store operations, recall, indexes, process.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain"))
)]
async fn metrics() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        crate::telemetry::metrics::install().render(),
    )
}
