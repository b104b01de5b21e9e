//! Messages on the wire.

use utoipa::ToSchema;

/// Who says a message.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Role {
    User,
    AiPm,
    System,
}

/// A message.
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "0199d5f1-0a52-7d10-b3a5-0e2f6c0a9f11", "project_id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f",
    "role": "user", "content": "nobody can log in since this morning", "timestamp": "2026-03-05T14:07:00Z"
}))]
pub struct Message {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    project_id: String,
    role: Role,
    content: String,
    #[schema(format = "date-time")]
    timestamp: String,
    #[schema(nullable = false)]
    session_id: Option<String>,
    #[schema(nullable = false)]
    metadata: Option<MessageMetadata>,
}

/// What the AI project manager notes on a message.
#[derive(ToSchema)]
pub struct MessageMetadata {
    /// Whether the AI developer is to act on it.
    for_developer: bool,
    #[schema(nullable = false)]
    instruction: Option<String>,
    #[schema(nullable = false)]
    summary: Option<String>,
    #[schema(minimum = 0, maximum = 1, nullable = false)]
    confidence: Option<f64>,
    /// The keys of the memory items it rests on.
    #[schema(nullable = false)]
    memory_keys: Option<Vec<String>>,
}

/// The same, as it is sent: at most 16 KiB as compact JSON.
#[derive(ToSchema)]
pub struct MessageMetadataSent {
    /// Whether the AI developer is to act on it; false unless sent.
    for_developer: Option<bool>,
    instruction: Option<String>,
    summary: Option<String>,
    #[schema(minimum = 0, maximum = 1)]
    confidence: Option<f64>,
    /// The keys of the memory items it rests on.
    memory_keys: Option<Vec<String>>,
}

/// A message to be added.
#[derive(ToSchema)]
#[schema(example = json!({
    "role": "user", "content": "nobody can log in since this morning", "session_id": "2026-03-05",
    "metadata": {"for_developer": true, "instruction": "find out why", "confidence": 0.8}
}))]
pub struct MessageCreate {
    role: Role,
    /// 1 byte to 256 KiB of UTF-8.
    #[schema(min_length = 1, max_length = 262_144)]
    content: String,
    /// When it was said; now unless sent.
    #[schema(format = "date-time")]
    timestamp: Option<String>,
    /// 1 to 512 bytes, no control characters.
    #[schema(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    metadata: Option<MessageMetadataSent>,
}
