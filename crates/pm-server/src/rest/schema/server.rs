//! The server itself on the wire, and its problems.

use utoipa::ToSchema;

use super::SimilarItem;

/// What this is and where to go on.
#[derive(ToSchema)]
pub struct Root {
    name: String,
    message: String,
    version: String,
    /// Absent where the server does not show its documents.
    #[schema(nullable = false)]
    docs: Option<String>,
    #[schema(nullable = false)]
    openapi: Option<String>,
    health: String,
}

/// How the server is.
#[derive(ToSchema)]
pub struct Health {
    /// `healthy` or `unhealthy`.
    status: String,
    store: StoreHealth,
    /// `connected`, `disconnected` or `not_configured`.
    redis: String,
    embedder: Embedder,
    version: String,
    uptime_seconds: u64,
    #[schema(format = "date-time")]
    timestamp: String,
}

/// How the store is.
#[derive(ToSchema)]
pub struct StoreHealth {
    kind: String,
    /// `connected` or `disconnected`.
    status: String,
    /// How long it took to answer, or last took where it is not asked now.
    latency_ms: f64,
    /// `redis` or `valkey`; absent for the embedded store, and while the server is away.
    product: Option<String>,
    /// Its version.
    server_version: Option<String>,
    /// `standalone`, `sentinel` or `cluster`.
    mode: Option<String>,
}

/// What turns text into vectors.
#[derive(ToSchema)]
pub struct Embedder {
    /// The name of the model; `none` where there is none.
    name: String,
    /// Items still to be embedded.
    pending: u64,
}

/// An error (RFC 9457).
#[derive(ToSchema)]
#[schema(example = json!({
    "type": "urn:ai-pm:problem:validation_error", "title": "Some fields are not valid", "status": 422,
    "detail": "name is missing", "code": "validation_error", "request_id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f",
    "errors": [{"field": "name", "message": "is missing"}]
}))]
pub struct Problem {
    r#type: String,
    title: String,
    status: u16,
    /// What is wrong and the way out, for people.
    detail: String,
    /// What is wrong, for machines.
    code: String,
    /// The answer's `X-Request-Id`: the log has more under it.
    request_id: String,
    /// Every field that is not valid.
    #[schema(nullable = false)]
    errors: Option<Vec<FieldError>>,
    /// With `similar_exists` alone.
    #[schema(nullable = false)]
    similar: Option<SimilarItem>,
}

/// A field that is not valid.
#[derive(ToSchema)]
pub struct FieldError {
    /// Its path, such as `items[3].key`.
    field: String,
    message: String,
}
