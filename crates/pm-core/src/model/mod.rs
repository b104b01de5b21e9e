//! Projects, messages, memory items, and the small types they are made of.

mod access;
mod audit;
mod id;
mod json_text;
mod key;
mod memory;
mod message;
mod metadata;
mod project;
mod scopes;
mod user;
mod version;

pub use access::{ApiKey, Grant, KeyDraft, Scope};
pub use audit::{Act, AuditEntry, Target};
pub use id::{MessageId, ProjectId};
pub use json_text::JsonText;
pub use key::{Key, SessionId};
pub use memory::{ItemDraft, MAX_TTL_SECONDS, MemoryItem, MemoryType, Similar};
pub use message::{Message, MessageDraft, MessageMetadata, Role};
pub use metadata::METADATA_BYTES;
pub use project::{Project, ProjectDraft, ProjectPatch, ProjectStatus};
pub use scopes::Scopes;
pub use user::{Password, User, UserDraft, UserName};
pub use version::{Match, Precondition, Version, Versioned};

/// The most bytes of an item's value (as compact JSON) and of a message's content.
pub const CONTENT_BYTES: usize = 256 * 1024;
