//! The audit record: who did what, to what, and from where. Names and ids only, never what a thing said.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, MemoryType, MessageId, ProjectId};

/// What somebody did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// Made an API key.
    KeyCreated,
    /// Revoked an API key.
    KeyRevoked,
    /// Deleted a project with all that was in it.
    ProjectDeleted,
    /// Took a project out of the store from the shell.
    ProjectExported,
    /// Deleted a memory item.
    MemoryDeleted,
    /// Deleted all memory items of a project.
    MemoryCleared,
    /// Deleted a message.
    MessageDeleted,
    /// Came in with a password.
    Login,
    /// Was not let in.
    LoginFailed,
    /// Gave back what had let him in.
    Logout,
    /// Came with a token that was used before: somebody has a copy.
    TokenReused,
    /// Made a user.
    UserCreated,
    /// Changed a user.
    UserChanged,
    /// Removed a user.
    UserRemoved,
}

impl Act {
    /// Its name, which entries have: it never changes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyCreated => "key_created",
            Self::KeyRevoked => "key_revoked",
            Self::ProjectDeleted => "project_deleted",
            Self::ProjectExported => "project_exported",
            Self::MemoryDeleted => "memory_deleted",
            Self::MemoryCleared => "memory_cleared",
            Self::MessageDeleted => "message_deleted",
            Self::Login => "login",
            Self::LoginFailed => "login_failed",
            Self::Logout => "logout",
            Self::TokenReused => "token_reused",
            Self::UserCreated => "user_created",
            Self::UserChanged => "user_changed",
            Self::UserRemoved => "user_removed",
        }
    }
}

/// What an act was done to: what of this tells it from all others.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Target {
    /// The project, or the one it is in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project_id: Option<ProjectId>,
    /// The type of a memory item.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub r#type: Option<MemoryType>,
    /// The key of a memory item.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<Key>,
    /// The public id of an API key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<MessageId>,
    /// The name of a user.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// How many there were, where it was all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
}

impl Target {
    /// A project, or something in it that the other fields name.
    pub fn project(id: ProjectId) -> Self {
        Self { project_id: Some(id), ..Self::default() }
    }

    /// A memory item.
    pub fn item(project: ProjectId, r#type: MemoryType, key: Key) -> Self {
        Self { r#type: Some(r#type), key: Some(key), ..Self::project(project) }
    }

    /// A message.
    pub fn message(project: ProjectId, id: MessageId) -> Self {
        Self { message_id: Some(id), ..Self::project(project) }
    }

    /// An API key.
    pub fn key(id: &str) -> Self {
        Self { key_id: Some(id.to_owned()), ..Self::default() }
    }

    /// A user.
    pub fn user(name: &str) -> Self {
        Self { user: Some(name.to_owned()), ..Self::default() }
    }

    /// Nothing but the one who acts.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// An entry of the audit record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// What tells it from all others; ids sort as their times do.
    pub id: String,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, as [`Principal::identity`](crate::policy::Principal::identity) has it.
    pub actor: String,
    /// What people call him.
    pub name: String,
    /// The name of an [`Act`]; text, so that entries can be read that another version wrote.
    pub act: String,
    /// What it was done to.
    #[serde(skip_serializing_if = "Target::is_none", default)]
    pub target: Target,
    /// The IP address that it was asked from; absent: it was done at the machine itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<String>,
    /// The request that asked for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
}
