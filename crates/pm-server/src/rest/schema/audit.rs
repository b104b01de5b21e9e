//! The audit record, on the wire.

use utoipa::ToSchema;

use super::MemoryType;

/// That somebody did something.
#[derive(ToSchema)]
#[schema(example = json!({"id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f", "at": "2026-03-05T14:07:00.123456Z",
    "actor": "key:0199d5f07d4e7cc398c4dc0c0c07398f", "name": "ci", "act": "memory_deleted",
    "target": {"project_id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f", "type": "error", "key": "login-500"},
    "client": "192.0.2.7", "request_id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f"}))]
pub struct AuditEntry {
    /// Ids sort as their times do.
    id: String,
    #[schema(format = "date-time")]
    at: String,
    /// Who did it: `user:` and his name, `key:` and the public id of his key, `anonymous`, `bootstrap`, or `shell` for who sat at
    /// the machine.
    actor: String,
    /// What people call him.
    name: String,
    /// `login`, `login_failed`, `logout`, `token_reused` (a refresh token came twice), `user_created`, `user_changed`,
    /// `user_removed`, `key_created`, `key_revoked`, `project_deleted`, `project_exported`, `memory_deleted`, `memory_cleared`,
    /// `message_deleted`, or what a later version adds.
    act: String,
    #[schema(nullable = false)]
    target: Option<AuditTarget>,
    /// The IP address that it was asked from.
    #[schema(nullable = false)]
    client: Option<String>,
    /// The `X-Request-Id` of the request that asked for it.
    #[schema(nullable = false)]
    request_id: Option<String>,
}

/// What an act was done to: names and ids, never what a thing said.
#[derive(ToSchema)]
pub struct AuditTarget {
    #[schema(nullable = false)]
    project_id: Option<String>,
    #[schema(nullable = false)]
    r#type: Option<MemoryType>,
    /// The key of a memory item.
    #[schema(nullable = false)]
    key: Option<String>,
    /// The public id of an API key.
    #[schema(nullable = false)]
    key_id: Option<String>,
    #[schema(nullable = false)]
    message_id: Option<String>,
    /// The name of a user.
    #[schema(nullable = false)]
    user: Option<String>,
    /// How many there were, where all were cleared.
    #[schema(nullable = false)]
    count: Option<u64>,
}
