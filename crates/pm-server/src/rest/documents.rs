//! The OpenAPI document and Swagger UI, both served from the binary.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use pm_core::Error;

use super::answer::Answer;
use super::problem::{Code, Problem};
use super::state::App;

/// Swagger UI's page names its files relative to itself; the page stands at `/docs`, its files below it.
const BASE: &str = "<head>\n    <base href=\"/docs/\">";
/// What the page loads: its scripts and styles, images of its own and those that its styles hold, and what it asks of this
/// server. Its scripts set styles in place. Nothing of another host, and no script that stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/// Whether this server shows its documents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown(pub bool);

/// The routes of the documents; `openapi` is the document.
pub fn routes(openapi: String) -> Router<App> {
    let openapi = Bytes::from(openapi);
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    let page = config.clone();
    Router::new()
        .route("/openapi.json", get(|| async { ([(CONTENT_TYPE, "application/json")], openapi) }))
        .route("/docs", get(|| async move { file("index.html", page) }))
        .route("/docs/{*file}", get(|Path(name): Path<String>| async move { file(&name, config) }))
}

fn file(name: &str, config: Arc<utoipa_swagger_ui::Config<'static>>) -> Answer {
    let found = utoipa_swagger_ui::serve(name, config).map_err(|error| Error::internal(error.to_string()))?;
    let found = found.ok_or_else(|| Problem::new(Code::RouteNotFound, "Swagger UI has no such file"))?;
    let headers = [(CONTENT_TYPE, found.content_type), (CONTENT_SECURITY_POLICY, POLICY.to_owned())];
    let body = if name == "index.html" {
        String::from_utf8_lossy(&found.bytes).replacen("<head>", BASE, 1).into_bytes()
    } else {
        found.bytes.into_owned()
    };
    Ok::<Response, _>((StatusCode::OK, headers, body).into_response())
}
