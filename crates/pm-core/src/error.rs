//! The one error enum of the domain. Transports map it to their own terms in one place each.

use crate::input::Invalid;
use crate::model::Similar;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What lies under an [`Error`], kept for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was sent breaks a rule; every fault is listed.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is no such project (or it may not be seen).
    #[error("there is no project with this id")]
    ProjectNotFound,
    /// There is no such API key.
    #[error("there is no API key with this id")]
    KeyNotFound,
    /// The project has no such memory item.
    #[error("the project has no such memory item")]
    MemoryNotFound,
    /// The project has no such message.
    #[error("the project has no such message")]
    MessageNotFound,
    /// The project is archived and takes no writes.
    #[error("the project is archived: set its status to active before writing to it")]
    ProjectArchived,
    /// A new item would exceed the project's limit; nothing was stored.
    #[error(
        "the project holds as many memory items as it may ({limit}): delete some, let some expire, or raise MAX_MEMORY_ITEMS"
    )]
    MemoryLimitReached {
        /// The most live items a project may hold.
        limit: usize,
    },
    /// The project has an item that says much the same; nothing was stored.
    #[error(
        "the project holds a similar {} ({:.3}) under the key {:?}: change that one, or store this one with a higher unless_similar or without",
        .0.r#type.as_str(), .0.similarity, .0.key.as_str()
    )]
    SimilarExists(Box<Similar>),
    /// Somebody else changed the thing meanwhile, again and again.
    #[error("the resource kept changing while it was being updated: read it again and retry")]
    Conflict,
    /// `If-Match` or `If-None-Match` does not hold.
    #[error(
        "the resource is not in the state that the condition asks for: read it again and retry with its ETag"
    )]
    PreconditionFailed,
    /// The idempotency key was used before, with another body.
    #[error("this Idempotency-Key was used before with another body: use a new key for a new request")]
    IdempotencyMismatch,
    /// More want to log in at once than are looked after.
    #[error("too many log in at once: try again in a second")]
    TooManyLogins,
    /// The store does not answer; nothing is known to be written.
    #[error("the store does not answer")]
    StoreUnavailable(#[source] Source),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Source),
}

impl Error {
    /// What went wrong, for machines: the same word whichever way an answer goes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_error",
            Self::ProjectNotFound => "project_not_found",
            Self::KeyNotFound => "key_not_found",
            Self::MemoryNotFound => "memory_not_found",
            Self::MessageNotFound => "message_not_found",
            Self::ProjectArchived => "project_archived",
            Self::MemoryLimitReached { .. } => "memory_limit_reached",
            Self::SimilarExists(_) => "similar_exists",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition_failed",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::TooManyLogins => "rate_limited",
            Self::StoreUnavailable(_) => "store_unavailable",
            Self::Internal(_) => "internal_error",
        }
    }

    /// A fault of ours, from whatever lies under it.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::Internal(source.into())
    }

    /// The store does not answer, for the reason given.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::StoreUnavailable(source.into())
    }
}
