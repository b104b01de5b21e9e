//! The outermost layer: gives each request its id, counts and logs it, writes the body of problems, and adds the headers
//! that all answers have.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use pm_core::ports::Ids;

use super::figures::Figures;
use super::security;
use crate::rest::problem::{self, Code, Problem};

/// What names a request. Within, the header of this name has the id of every request, whoever gave it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES: usize = 128;

/// What answers are finished with.
#[derive(Debug)]
pub struct Edge {
    /// What makes ids for requests.
    pub ids: Arc<dyn Ids>,
    /// Whether connections are encrypted.
    pub encrypted: bool,
    /// What is counted.
    pub figures: Figures,
}

/// What is known of a request before it is answered.
#[derive(Debug)]
pub struct Seen {
    began: Instant,
    id: HeaderValue,
    method: &'static str,
    route: Option<MatchedPath>,
    path: String,
}

impl Edge {
    /// Gives a request its id.
    pub fn begin(&self, request: &mut Request) -> Seen {
        let began = Instant::now();
        let id = request_id(request).unwrap_or_else(|| made(&*self.ids));
        request.headers_mut().insert(REQUEST_ID, id.clone());
        Seen {
            began,
            id,
            method: known_method(request.method()),
            route: request.extensions().get::<MatchedPath>().cloned(),
            path: request.uri().path().to_owned(),
        }
    }

    /// Finishes its answer.
    pub fn finish(&self, seen: Seen, response: &mut Response) {
        let Seen { began, id, method, route, path } = seen;
        let request_id = id.to_str().unwrap_or_default();
        if let Some(problem) = problem_of(response) {
            if response.status().is_server_error() {
                let (code, causes) = (problem.code().name(), problem.causes());
                tracing::error!(request_id, code, causes, "request failed");
            }
            *response.body_mut() = Body::from(problem.body(request_id));
        }
        // Also where the request names no origin: a cache must not give that answer to a page of another one.
        let by_encoding = response.headers().get_all(VARY).iter().any(|by| by == "Accept-Encoding");
        let vary = if by_encoding { "Origin, Accept-Encoding" } else { "Origin" };
        response.headers_mut().insert(VARY, HeaderValue::from_static(vary));
        security::add(&path, self.encrypted, response.headers_mut());
        response.headers_mut().insert(REQUEST_ID, id.clone());

        let (status, elapsed) = (response.status().as_u16(), began.elapsed());
        self.figures.count(method, route.as_ref().map_or("none", MatchedPath::as_str), status, elapsed);
        tracing::info!(
            request_id,
            method,
            path,
            status,
            micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "request"
        );
    }
}

/// A client's own id for the request, if it can go into a header and a log line as it is.
fn request_id(request: &Request) -> Option<HeaderValue> {
    let sent = request.headers().get(&REQUEST_ID)?;
    let sane = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=')
    };
    ((1..=REQUEST_ID_BYTES).contains(&sent.len()) && sent.as_bytes().iter().all(|it| sane(*it)))
        .then(|| sent.clone())
}

/// An id of our own.
fn made(ids: &dyn Ids) -> HeaderValue {
    // Hexadecimal digits and hyphens are fit for a header.
    HeaderValue::try_from(ids.next().to_string()).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

/// The problem that the answer stands for. An error that something else than us made becomes one of ours.
fn problem_of(response: &mut Response) -> Option<Problem> {
    let own = response.extensions_mut().remove::<Problem>();
    let status = response.status();
    if own.is_some() || !(status.is_client_error() || status.is_server_error()) {
        return own;
    }
    // An answer of ours that is no problem although its status is an error's: health.
    if response.headers().get(CONTENT_TYPE).is_some_and(|sort| sort == "application/json") {
        return None;
    }
    let code = Code::of_status(status);
    let problem = Problem::new(code, code.title());
    let kept = problem::kept_headers(response.headers());
    *response = problem.clone().into_response();
    response.headers_mut().extend(kept);
    Some(problem)
}

/// Methods that strangers make up must not make up labels.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
