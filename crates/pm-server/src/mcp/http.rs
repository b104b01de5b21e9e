//! The protocol over HTTP, as it stands at `/mcp`: streamable HTTP without sessions, so that any node answers any request.
//!
//! Who asks is found out before a request comes here, and its body is read: by the layers that all requests pass.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use pm_core::input::{self, BODY_DEPTH, Unreadable};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::Agents;

/// Where it stands.
pub const PATH: &str = "/mcp";
/// What names the project that a call means which names none.
pub const PROJECT: HeaderName = HeaderName::from_static("ai-pm-project");
/// What clients send beside what those of the API do.
pub const HEADERS: [&str; 4] = ["mcp-protocol-version", "mcp-method", "mcp-name", "ai-pm-project"];
/// An item of a batch stands some levels deeper than one of its own; what may nest has a bound of its own.
pub(super) const DEPTH: usize = BODY_DEPTH + 8;
/// The most bytes of an error's text that is passed on.
const ERROR_BYTES: usize = 4096;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The project that a request's header names.
#[derive(Clone)]
pub(super) struct Named(pub(super) String);

/// Which requests are answered, whoever asks.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The hosts that requests may be for; `None`: any. Without, a page anywhere could have its own name lead here and read
    /// what is open to this machine.
    pub hosts: Option<Vec<String>>,
    /// The origins whose pages may call; `None`: any.
    pub origins: Option<Vec<String>>,
}

/// The protocol as a service.
#[derive(Clone)]
pub struct Service(Arc<StreamableHttpService<Agents, NeverSessionManager>>);

impl Service {
    /// `agents` as a service to requests that are `allowed`.
    pub fn new(agents: Agents, allowed: Allowed) -> Self {
        let mut config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            // It was bounded where it was read.
            .with_max_request_body_bytes(usize::MAX);
        config = match allowed.hosts {
            Some(hosts) => config.with_allowed_hosts(hosts),
            None => config.disable_allowed_hosts(),
        };
        config = match allowed.origins {
            Some(origins) => config.with_allowed_origins(origins).enforce_origin_validation(),
            None => config.disable_allowed_origins(),
        };
        let service = StreamableHttpService::new(
            move || Ok(agents.clone()),
            NeverSessionManager::default().into(),
            config,
        );
        Self(Arc::new(service))
    }

    /// Answers a request. Its extensions say who asks: an `Actor`.
    pub async fn answer(&self, mut request: Request<Bytes>) -> Response {
        if request.method() == Method::POST
            && let Err(unreadable) = input::parse(request.body(), DEPTH)
        {
            return refusal(StatusCode::BAD_REQUEST, unread(&unreadable), id_in(request.body()));
        }
        let named = request.headers().get(PROJECT).and_then(|name| std::str::from_utf8(name.as_bytes()).ok());
        if let Some(name) = named.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned) {
            request.extensions_mut().insert(Named(name));
        }
        // Answers are JSON whatever else a client takes: who does not name both is answered all the same.
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        let body = request.body().clone();
        let mut response = self.0.handle(request.map(Full::new)).await;
        response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
        let plain =
            response.headers().get(CONTENT_TYPE).is_none_or(|sort| sort.as_bytes().starts_with(b"text/"));
        if plain && (response.status().is_client_error() || response.status().is_server_error()) {
            return told(response, id_in(&body)).await;
        }
        response.map(Body::new)
    }
}

/// The id of the request in bytes that are JSON but no good request: who waits for its answer is told.
pub(super) fn id_in(bytes: &[u8]) -> Option<RequestId> {
    #[derive(serde::Deserialize)]
    struct Head {
        id: RequestId,
    }
    serde_json::from_slice(bytes).map(|Head { id }| id).ok()
}

/// What could not be read, as an error of the protocol.
pub(super) fn unread(unreadable: &Unreadable) -> ErrorData {
    match unreadable {
        Unreadable::Malformed(detail) => ErrorData::parse_error(detail.clone(), None),
        Unreadable::Invalid(invalid) => ErrorData::invalid_request(invalid.to_string(), None),
    }
}

/// An error that is told in plain text, as one of the protocol, with the way out.
async fn told<B>(response: http::Response<B>, id: Option<RequestId>) -> Response
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = response.into_parts();
    let text = Limited::new(body, ERROR_BYTES).collect().await.map(http_body_util::Collected::to_bytes);
    let text = text.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let way_out = if text.contains("Host header is not allowed") {
        ": name the host in MCP_ALLOWED_HOSTS, or set AUTH_REQUIRED=true"
    } else if text.contains("Origin header is not allowed") {
        ": name the page's origin in CORS_ORIGINS"
    } else if text.contains("deserialize") {
        ": the body is no request of JSON-RPC 2.0 that this protocol has"
    } else {
        ""
    };
    let status = if text.contains("deserialize") { StatusCode::BAD_REQUEST } else { head.status };
    let error = ErrorData::invalid_request(format!("{text}{way_out}"), None);
    let mut response = refusal(status, error, id);
    for (name, value) in &head.headers {
        if name == http::header::ALLOW {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn refusal(status: StatusCode, error: ErrorData, id: Option<RequestId>) -> Response {
    let body = line(&JsonRpcMessage::error(error, id));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// A message as it is sent.
pub(super) fn line(message: &ServerJsonRpcMessage) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_else(|_| {
        let code = ErrorCode::INTERNAL_ERROR.0;
        format!(r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"unwritable answer"}}}}"#)
            .into_bytes()
    })
}
