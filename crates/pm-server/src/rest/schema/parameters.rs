//! Parameters: of the path, of the query string, and headers.

use utoipa::IntoParams;

use super::{MemoryType, ProjectStatus, Role};

/// The project.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProjectParameter {
    /// The project's id.
    id: String,
}

/// The project, at the first version's addresses.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OldProjectParameter {
    /// The project's id.
    project_id: String,
}

/// The message.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MessageParameter {
    /// The message's id.
    message_id: String,
}

/// The item.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ItemParameters {
    /// The item's type.
    r#type: MemoryType,
    /// The item's key, percent-encoded (a slash as `%2F`).
    #[param(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    key: String,
}

/// The key alone.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeyParameter {
    /// The items' key, percent-encoded (a slash as `%2F`).
    #[param(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    key: String,
}

/// The API key.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeyIdParameter {
    /// The key's public id.
    id: String,
}

/// Pages of a list with one order and no filter.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 100 unless sent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// From the `Link` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// Pages of the audit record.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditListQuery {
    /// Inclusive.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Exclusive.
    #[param(format = "date-time")]
    until: Option<String>,
    /// 100 unless sent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// From the `Link` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// `Idempotency-Key`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKey {
    /// At most 255 bytes. A repeat within 24 h with the same key and body gets the first answer again.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    key: Option<String>,
}

/// Conditions of a read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct ReadConditionHeaders {
    /// Answer only if this is still the `ETag`; else 412.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
    /// `ETag`s that the client has: 304 if it is still one of them.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// Conditions of a write.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct ConditionHeaders {
    /// Do it only if this is still the `ETag` (`*`: if it is there at all); else 412.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
    /// `*`: do it only if nothing is there; else 412.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// Pages of a list of projects.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectListQuery {
    status: Option<ProjectStatus>,
    /// Text that the name or the description holds, whatever the case.
    search: Option<String>,
    /// `created_at`, `updated_at` or `name`; with `-` in front, the other way round. `-created_at` unless sent.
    #[param(pattern = "^-?(created_at|updated_at|name)$")]
    sort: Option<String>,
    /// 100 unless sent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// From the `Link` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// Pages of a list of items.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MemoryListQuery {
    r#type: Option<MemoryType>,
    #[param(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    /// What the key starts with.
    prefix: Option<String>,
    /// Inclusive.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Exclusive.
    #[param(format = "date-time")]
    until: Option<String>,
    /// `timestamp` or `key`; with `-` in front, the other way round. `-timestamp` unless sent.
    #[param(pattern = "^-?(timestamp|key)$")]
    sort: Option<String>,
    /// 100 unless sent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// From the `Link` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// Pages of a list of messages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageListQuery {
    role: Option<Role>,
    #[param(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    /// Inclusive.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Exclusive.
    #[param(format = "date-time")]
    until: Option<String>,
    /// `timestamp` or `-timestamp`, which is meant unless sent.
    #[param(pattern = "^-?timestamp$")]
    sort: Option<String>,
    /// 100 unless sent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// From the `Link` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// A recall by `GET`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecallQuery {
    /// The project's id.
    project_id: String,
    /// At most 8 KiB; empty: the newest items.
    query: String,
    /// Separated by commas; all unless sent.
    #[param(pattern = "^(error|solution|context|dependency)(,(error|solution|context|dependency))*$")]
    memory_types: Option<String>,
    /// `CONTEXT_WINDOW_SIZE` unless sent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    #[param(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    /// Inclusive.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Exclusive.
    #[param(format = "date-time")]
    until: Option<String>,
    /// Items less relevant than this are left out.
    #[param(minimum = 0, maximum = 1)]
    min_relevance: Option<f64>,
    /// Adds to each item the parts of its score.
    explain: Option<bool>,
}

/// A context.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContextQuery {
    /// At most 8 KiB; the last user message unless sent.
    query: Option<String>,
}

/// The project of a delete by key.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeleteProjectQuery {
    /// The project's id.
    #[param(min_length = 1)]
    project_id: String,
}

/// The key of a delete by key.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeleteKeyQuery {
    /// The items' key.
    #[param(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    key: String,
}

/// The type of a delete by key.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeleteTypeQuery {
    /// All types unless sent.
    r#type: Option<MemoryType>,
}
