//! Memory on the wire.

use serde_json::Value;
use utoipa::ToSchema;

use super::Message;

/// The four kinds of memory.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum MemoryType {
    Error,
    Solution,
    Context,
    Dependency,
}

/// A memory item.
#[derive(ToSchema)]
#[schema(example = json!({
    "project_id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f", "type": "error", "key": "login-500",
    "value": "POST /login answers 500: connection refused by the session cache", "timestamp": "2026-03-05T14:07:00Z"
}))]
pub struct MemoryItem {
    #[schema(format = "uuid")]
    project_id: String,
    r#type: MemoryType,
    key: String,
    /// Any JSON.
    #[schema(value_type = Value)]
    value: Value,
    #[schema(format = "date-time")]
    timestamp: String,
    #[schema(nullable = false)]
    ttl: Option<u64>,
    #[schema(format = "date-time", nullable = false)]
    expires_at: Option<String>,
    #[schema(nullable = false)]
    session_id: Option<String>,
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<Value>,
    #[schema(minimum = 0, maximum = 1, nullable = false)]
    importance: Option<f64>,
}

/// A recalled item.
#[derive(ToSchema)]
pub struct RecalledItem {
    #[schema(inline)]
    #[serde(flatten)]
    item: MemoryItem,
    /// How well it answers the query; absent where the query is empty. Not calibrated yet: it orders, but is no probability.
    #[schema(minimum = 0, maximum = 1, nullable = false)]
    relevance: Option<f64>,
    #[schema(nullable = false)]
    explain: Option<Explain>,
}

/// The parts of an item's score, which add up to it.
#[derive(ToSchema)]
pub struct Explain {
    /// BM25 of the query's words in the item's text.
    lexical: f64,
    /// The same of the item with its neighbours in its session.
    window: f64,
    /// The same of the item before it in its session.
    previous: f64,
    /// The nearness of the query's static vector to the item's; 0 where the embedder's vectors are compared.
    r#static: f64,
    /// The nearness of their vectors by the embedder.
    vector: f64,
    /// For words of the query in the item's metadata.
    name: f64,
    /// For an exact key, an error code or an identifier that the query carries.
    boost: f64,
    /// What an item loses for being a question itself.
    question: f64,
    /// For the item's importance.
    importance: f64,
    /// For being tied to an item that was found, as a solution is to its error.
    link: f64,
    score: f64,
    /// Only where the query had no vector in time: `timed_out` or `unavailable`. Then it goes by the other parts alone.
    #[schema(nullable = false)]
    transformer: Option<String>,
}

/// The item that a new one is too similar to.
#[derive(ToSchema)]
pub struct SimilarItem {
    r#type: MemoryType,
    key: String,
    #[schema(minimum = 0, maximum = 1)]
    similarity: f64,
    /// Any JSON.
    #[schema(value_type = Value)]
    value: Value,
}

/// A memory item to be stored.
#[derive(ToSchema)]
#[schema(example = json!({
    "project_id": "{id}", "type": "error", "key": "login-500",
    "value": "POST /login answers 500: connection refused by the session cache", "metadata": {"file": "src/session.rs"}
}))]
pub struct MemoryStore {
    project_id: String,
    r#type: MemoryType,
    /// 1 to 512 bytes, no control characters; compared byte by byte.
    #[schema(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    key: String,
    /// Any JSON of at most 256 KiB.
    #[schema(value_type = Value)]
    value: Value,
    /// Seconds to live; for ever (or `DEFAULT_TTL_SECONDS`) unless sent.
    #[schema(minimum = 1, maximum = 315_360_000)]
    ttl: Option<u64>,
    /// When it came to be; now unless sent.
    #[schema(format = "date-time")]
    timestamp: Option<String>,
    /// 1 to 512 bytes, no control characters.
    #[schema(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    /// Scalars and lists of scalars, at most 16 KiB; searched like the text.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Nudges ranking between items that match about equally well; 0.5 unless sent.
    #[schema(minimum = 0, maximum = 1)]
    importance: Option<f64>,
    /// The first version's name for importance.
    #[schema(minimum = 0, maximum = 1)]
    relevance: Option<f64>,
    /// Refuses a new item with `similar_exists` where another live item of its type is at least so similar. 1: the text of its
    /// value is the same up to case and white space. Otherwise similarity is the mean of the share of words that both have
    /// and the nearness of their static vectors. The first 16 KiB of text count; keys and metadata do not. An item that
    /// is there under its type and key is replaced all the same. Of two writers at the same moment both may succeed.
    #[schema(minimum = 0, maximum = 1)]
    unless_similar: Option<f64>,
}

/// A memory item to be stored at its address.
#[derive(ToSchema)]
#[schema(example = json!({"value": "the session cache runs out of connections: raise its pool to 32", "importance": 0.8}))]
pub struct MemoryPut {
    /// Any JSON of at most 256 KiB.
    #[schema(value_type = Value)]
    value: Value,
    /// Seconds to live; for ever (or `DEFAULT_TTL_SECONDS`) unless sent.
    #[schema(minimum = 1, maximum = 315_360_000)]
    ttl: Option<u64>,
    /// When it came to be; now unless sent.
    #[schema(format = "date-time")]
    timestamp: Option<String>,
    /// 1 to 512 bytes, no control characters.
    #[schema(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    /// Scalars and lists of scalars, at most 16 KiB; searched like the text.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Nudges ranking between items that match about equally well; 0.5 unless sent.
    #[schema(minimum = 0, maximum = 1)]
    importance: Option<f64>,
    /// The first version's name for importance.
    #[schema(minimum = 0, maximum = 1)]
    relevance: Option<f64>,
}

/// An item of a batch.
#[derive(ToSchema)]
pub struct BatchItem {
    r#type: MemoryType,
    /// 1 to 512 bytes, no control characters; compared byte by byte.
    #[schema(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    key: String,
    #[schema(inline)]
    #[serde(flatten)]
    rest: MemoryPut,
}

/// Items to be stored: all or none.
#[derive(ToSchema)]
#[schema(example = json!({
    "project_id": "{id}",
    "items": [{"type": "solution", "key": "login-500", "value": "raise the pool of the session cache to 32"}]
}))]
pub struct MemoryBatch {
    project_id: String,
    /// At most 1000, no type and key twice.
    #[schema(max_items = 1000)]
    items: Vec<BatchItem>,
}

/// What became of an item of a batch.
#[derive(ToSchema)]
pub struct BatchEntry {
    r#type: MemoryType,
    key: String,
    /// Whether no item of this type and key was there before.
    created: bool,
}

/// What a recall is asked. Filters apply before ranking.
#[derive(ToSchema)]
#[schema(example = json!({"project_id": "{id}", "query": "why can nobody sign in?", "limit": 5, "explain": true}))]
pub struct Recall {
    project_id: String,
    /// At most 8 KiB; empty: the newest items.
    #[schema(max_length = 8192)]
    query: String,
    /// All unless sent.
    memory_types: Option<Vec<MemoryType>>,
    /// `CONTEXT_WINDOW_SIZE` unless sent.
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    #[schema(min_length = 1, max_length = 512, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]+$")]
    session_id: Option<String>,
    /// Inclusive.
    #[schema(format = "date-time")]
    since: Option<String>,
    /// Exclusive.
    #[schema(format = "date-time")]
    until: Option<String>,
    #[schema(minimum = 0, maximum = 1)]
    min_relevance: Option<f64>,
    /// Adds to each item the parts of its score.
    explain: Option<bool>,
}

/// How many live items a project has.
#[derive(ToSchema)]
pub struct Count {
    #[schema(format = "uuid")]
    project_id: String,
    count: u64,
    by_type: ByType,
}

/// How many live items there are of each type.
#[derive(ToSchema)]
pub struct ByType {
    error: u64,
    solution: u64,
    context: u64,
    dependency: u64,
}

/// How many items were deleted.
#[derive(ToSchema)]
pub struct Cleared {
    deleted: u64,
}

/// What an assistant needs for its next answer.
#[derive(ToSchema)]
pub struct Context {
    /// What the items were recalled for.
    query: String,
    /// The last messages, oldest first.
    messages: Vec<Message>,
    /// Best first.
    items: Vec<RecalledItem>,
    /// The probability that at least one of the items answers the query.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// Whether that is `CONFIDENCE_THRESHOLD` or more.
    sufficient: bool,
}
