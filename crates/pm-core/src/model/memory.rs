//! Typed memory items.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CONTENT_BYTES, JsonText, Key, ProjectId, SessionId, metadata};
use crate::input::{self, Fields, Invalid};

/// Ten years, the longest that an item may be asked to live before it expires.
pub const MAX_TTL_SECONDS: u64 = 315_360_000;

/// The four kinds of memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryType {
    /// Something that went wrong.
    Error,
    /// What put it right; tied to its error by the same key.
    Solution,
    /// What one has to know.
    Context,
    /// What the project stands on.
    Dependency,
}

impl MemoryType {
    /// All four, in the order of their ranks.
    pub const ALL: [Self; 4] = [Self::Error, Self::Solution, Self::Context, Self::Dependency];

    /// All four, by name.
    pub const NAMES: [(&str, Self); 4] = [
        ("error", Self::Error),
        ("solution", Self::Solution),
        ("context", Self::Context),
        ("dependency", Self::Dependency),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Solution => "solution",
            Self::Context => "context",
            Self::Dependency => "dependency",
        }
    }

    /// Its place in [`MemoryType::ALL`]: what stores keep and sort by.
    pub fn rank(self) -> u8 {
        match self {
            Self::Error => 0,
            Self::Solution => 1,
            Self::Context => 2,
            Self::Dependency => 3,
        }
    }

    /// The type of this rank.
    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.get(usize::from(rank)).copied()
    }

    /// Reads its name.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        input::one_of(&Self::NAMES, name)
    }

    /// Reads its name from a JSON string.
    pub fn from_json(value: Value) -> Result<Self, Invalid> {
        Self::new(&input::string(value)?)
    }
}

/// A memory item, identified by (project, type, key).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MemoryItem {
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Its kind.
    pub r#type: MemoryType,
    /// Its key.
    pub key: Key,
    /// Any JSON of at most 256 KiB.
    pub value: JsonText,
    /// When it came to be, as its writer sees it.
    pub timestamp: Timestamp,
    /// Seconds that it was given to live.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ttl: Option<u64>,
    /// When it is gone; absent: never.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// The conversation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_id: Option<SessionId>,
    /// Scalars and lists of scalars, searched like the text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<JsonText>,
    /// 0 to 1; nudges ranking between items that match about equally well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub importance: Option<f64>,
}

impl MemoryItem {
    /// Whether it is gone at `now`.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// An item that says much the same as another.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Similar {
    /// Its type.
    pub r#type: MemoryType,
    /// Its key.
    pub key: Key,
    /// How much alike the texts of the two are, 0 to 1.
    pub similarity: f64,
    /// Its value.
    pub value: JsonText,
}

/// What a user says of an item to be stored.
#[derive(Clone, PartialEq, Debug)]
pub struct ItemDraft {
    /// See [`MemoryItem::type`](MemoryItem).
    pub r#type: MemoryType,
    /// See [`MemoryItem::key`].
    pub key: Key,
    value: JsonText,
    timestamp: Option<Timestamp>,
    ttl: Option<u64>,
    session_id: Option<SessionId>,
    metadata: Option<JsonText>,
    importance: Option<f64>,
}

impl ItemDraft {
    /// Reads an element of a batch: type and key stand beside the rest.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let draft = Self::read(&mut fields);
        fields.finish(|| draft)
    }

    /// Reads the body of a replacement, whose type and key the address names.
    pub fn named(r#type: MemoryType, key: Key, body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let draft = Self::rest(&mut fields, Some(r#type), Some(key));
        fields.finish(|| draft)
    }

    /// Reads type, key and the rest from `fields`.
    pub fn read(fields: &mut Fields) -> Option<Self> {
        let r#type = fields.required("type", MemoryType::from_json);
        let key = fields.required("key", Key::from_json);
        Self::rest(fields, r#type, key)
    }

    fn rest(fields: &mut Fields, r#type: Option<MemoryType>, key: Option<Key>) -> Option<Self> {
        let value = fields.required("value", |value| metadata::bounded(&value, CONTENT_BYTES));
        let timestamp = fields.optional("timestamp", input::timestamp);
        let ttl = fields.optional("ttl", input::whole_number(1, MAX_TTL_SECONDS));
        let session_id = fields.optional("session_id", SessionId::from_json);
        let metadata = fields.optional("metadata", metadata::flat);
        let importance = fields.optional("importance", input::number_between(0.0, 1.0));
        // Clients of the first version send what they think of an item as `relevance`.
        let relevance = fields.optional("relevance", input::number_between(0.0, 1.0));
        fields.read_only("expires_at");
        Some(Self {
            r#type: r#type?,
            key: key?,
            value: value?,
            timestamp,
            ttl,
            session_id,
            metadata,
            importance: importance.or(relevance),
        })
    }

    /// Gives it a timestamp if it has none: that of its turn among those that are stored together at `now`, a microsecond
    /// after the one before, so that they keep their order.
    #[must_use]
    pub fn in_turn(mut self, now: Timestamp, turn: i64) -> Self {
        let at = || now.checked_add(SignedDuration::from_micros(turn)).unwrap_or(now);
        self.timestamp = Some(self.timestamp.unwrap_or_else(at));
        self
    }

    /// See [`MemoryItem::value`].
    pub fn value(&self) -> &JsonText {
        &self.value
    }

    /// The item this makes at `now`; `default_ttl` (seconds) is for drafts that name none.
    pub fn at(self, project_id: ProjectId, now: Timestamp, default_ttl: Option<u64>) -> MemoryItem {
        let Self { r#type, key, value, timestamp, ttl, session_id, metadata, importance } = self;
        let ttl = ttl.or(default_ttl);
        let expires_at = ttl.and_then(|seconds| {
            let seconds = i64::try_from(seconds).ok()?;
            now.checked_add(SignedDuration::from_secs(seconds)).ok()
        });
        let timestamp = timestamp.unwrap_or(now);
        MemoryItem {
            project_id,
            r#type,
            key,
            value,
            timestamp,
            ttl,
            expires_at,
            session_id,
            metadata,
            importance,
        }
    }
}
