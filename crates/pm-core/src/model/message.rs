//! Messages between the person, the AI project manager and the system.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CONTENT_BYTES, Key, METADATA_BYTES, MessageId, ProjectId, SessionId};
use crate::input::{self, Fields, Invalid};

/// Who says a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person who describes problems.
    User,
    /// The AI project manager.
    AiPm,
    /// The system around them.
    System,
}

impl Role {
    /// All, by name.
    pub const NAMES: [(&str, Self); 3] =
        [("user", Self::User), ("ai_pm", Self::AiPm), ("system", Self::System)];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::AiPm => "ai_pm",
            Self::System => "system",
        }
    }

    /// Reads its name.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        input::one_of(&Self::NAMES, name)
    }
}

/// A message.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Made by the server.
    pub id: MessageId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Who says it.
    pub role: Role,
    /// 1 byte to 256 KiB.
    pub content: String,
    /// When it was said.
    pub timestamp: Timestamp,
    /// The conversation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_id: Option<SessionId>,
    /// What the AI project manager notes on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<MessageMetadata>,
}

/// What the AI project manager notes on a message.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MessageMetadata {
    /// Whether the AI developer is to act on it.
    pub for_developer: bool,
    /// What the AI developer is to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instruction: Option<String>,
    /// The message in short.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub summary: Option<String>,
    /// How sure the AI project manager is, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<f64>,
    /// The keys of the memory items it rests on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_keys: Option<Vec<Key>>,
}

impl MessageMetadata {
    fn from_json(value: Value) -> Result<Self, Invalid> {
        let bytes = serde_json::to_string(&value).map_or(0, |text| text.len());
        if bytes > METADATA_BYTES {
            let message = format!("has {bytes} bytes as compact JSON; at most {METADATA_BYTES} are taken");
            return Err(Invalid::here(message));
        }
        let mut fields = Fields::of(value)?;
        let for_developer = fields.optional("for_developer", input::boolean).unwrap_or_default();
        let instruction = fields.optional("instruction", input::string);
        let summary = fields.optional("summary", input::string);
        let confidence = fields.optional("confidence", input::number_between(0.0, 1.0));
        let memory_keys = fields.optional("memory_keys", |keys| input::array(keys, Key::from_json));
        fields.finish(|| Some(Self { for_developer, instruction, summary, confidence, memory_keys }))
    }
}

/// What a user says of a new message.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageDraft {
    role: Role,
    content: String,
    timestamp: Option<Timestamp>,
    session_id: Option<SessionId>,
    metadata: Option<MessageMetadata>,
}

impl MessageDraft {
    /// Reads the body of a creation.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let role = fields.required("role", |value| Role::new(&input::string(value)?));
        let content = fields.required("content", input::text(1, CONTENT_BYTES));
        let timestamp = fields.optional("timestamp", input::timestamp);
        let session_id = fields.optional("session_id", SessionId::from_json);
        let metadata = fields.optional("metadata", MessageMetadata::from_json);
        fields.read_only("id");
        fields.finish(|| Some(Self { role: role?, content: content?, timestamp, session_id, metadata }))
    }

    /// The message this makes, said at `now` unless it says when.
    pub fn at(self, project_id: ProjectId, id: MessageId, now: Timestamp) -> Message {
        let Self { role, content, timestamp, session_id, metadata } = self;
        Message { id, project_id, role, content, timestamp: timestamp.unwrap_or(now), session_id, metadata }
    }
}
