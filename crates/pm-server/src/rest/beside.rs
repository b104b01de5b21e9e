//! A service of another transport, at a path of its own behind the same layers as all end points: the same callers, limits,
//! figures and log, and bodies read within the same bounds.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;

use super::extract::{BodyLimit, By, bounded};
use super::problem::Problem;
use super::state::App;

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A service that answers requests whose bodies were read; their extensions say who asks, by an `Actor`.
#[derive(Clone)]
pub struct Beside {
    /// Where it stands.
    pub path: &'static str,
    /// The headers that pages of other origins may send it, beside those of the API.
    pub headers: &'static [&'static str],
    /// What answers.
    pub service: Arc<dyn Fn(http::Request<Bytes>) -> Answering + Send + Sync>,
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Beside").field(&self.path).finish()
    }
}

/// Its route.
pub(super) fn route(beside: Beside) -> Router<App> {
    let path = beside.path;
    Router::new().route(path, any(|State(app): State<App>, request: Request| answer(beside, app, request)))
}

async fn answer(beside: Beside, app: App, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let By(actor) = By::from_request_parts(&mut parts, &app).await?;
    // It stays counted until it is answered.
    let arrived = bounded(&parts, body, &BodyLimit::from_ref(&app)).await?;
    parts.extensions.insert(actor);
    Ok((beside.service)(http::Request::from_parts(parts, arrived.bytes.clone())).await)
}
