//! `GET /`.

use axum::extract::State;
use http::StatusCode;
use serde_json::json;

use super::answer::{self, Answer};
use super::documents::Shown;
use super::schema;

/// What this is and where to go on.
#[utoipa::path(
    get, path = "/", tag = "server",
    responses((status = 200, description = "What this is", body = schema::Root))
)]
pub(super) async fn root(State(shown): State<Shown>) -> Answer {
    let mut body = json!({
        "name": "ai-pm",
        "message": "the backend of an AI project manager: projects, messages and a memory that is recalled",
        "version": env!("CARGO_PKG_VERSION"),
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/health",
    });
    if let (Shown(false), Some(body)) = (shown, body.as_object_mut()) {
        body.retain(|name, _| name != "docs" && name != "openapi");
    }
    answer::json(StatusCode::OK, &body)
}
