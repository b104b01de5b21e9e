//! Cross-origin requests: which pages of other origins may talk to us from a browser.

use std::time::Duration;

use axum::extract::Request;
use http::Method;
use http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, LINK, LOCATION,
    ORIGIN, RETRY_AFTER,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::rest::Beside;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Whether what is added here is of use: browsers alone heed it, and they name an origin wherever it counts.
pub fn concerns(request: &Request) -> bool {
    request.method() == Method::OPTIONS || request.headers().contains_key(ORIGIN)
}

/// What pages may send, by path.
#[derive(Debug)]
pub struct Cors {
    api: CorsLayer,
    beside: Vec<(&'static str, CorsLayer)>,
}

impl Cors {
    /// Answers for these origins alone; what stands beside the API takes headers of its own.
    pub fn new(origins: &[String], beside: &[Beside]) -> Self {
        let own = |beside: &Beside| (beside.path, layer(origins, beside.headers));
        Self { api: layer(origins, &[]), beside: beside.iter().map(own).collect() }
    }

    /// What holds for a path.
    pub fn at(&self, path: &str) -> &CorsLayer {
        self.beside.iter().find(|(own, _)| *own == path).map_or(&self.api, |(_, layer)| layer)
    }
}

/// Answers for these origins alone, compared to the letter; `*` stands for all.
fn layer(origins: &[String], more: &'static [&'static str]) -> CorsLayer {
    let any = origins.iter().any(|origin| origin == "*");
    let listed = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let allowed = if any { AllowOrigin::any() } else { AllowOrigin::list(listed) };
    let exposed =
        ["x-total-count", "ratelimit", "ratelimit-policy", "x-evicted-key"].map(HeaderName::from_static);
    CorsLayer::new()
        // `edge` sends it, with every answer.
        .vary([])
        .allow_origin(allowed)
        .allow_credentials(!any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(
            [AUTHORIZATION, CONTENT_TYPE, API_KEY, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, REQUEST_ID]
                .into_iter()
                .chain(more.iter().map(|name| HeaderName::from_static(name)))
                .collect::<Vec<_>>(),
        )
        .expose_headers(
            [LINK, ETAG, LOCATION, REQUEST_ID, RETRY_AFTER].into_iter().chain(exposed).collect::<Vec<_>>(),
        )
        .max_age(Duration::from_mins(10))
}
