//! What goes over the wire, for the OpenAPI document. The domain reads and writes it; tests hold both to each other.

#![expect(dead_code, reason = "these types describe what others read and write; they are never built")]

mod audit;
mod auth;
mod memory;
mod messages;
mod parameters;
mod projects;
mod server;

pub use audit::AuditEntry;
pub use auth::{ApiKey, KeyCreate, Me, NewKey, RefreshToken, TokenRequest, Tokens};
pub use memory::{
    BatchEntry, Cleared, Context, Count, MemoryBatch, MemoryItem, MemoryPut, MemoryStore, MemoryType, Recall,
    RecalledItem, SimilarItem,
};
pub use messages::{Message, MessageCreate, Role};
pub use parameters::{
    AuditListQuery, ConditionHeaders, ContextQuery, DeleteKeyQuery, DeleteProjectQuery, DeleteTypeQuery,
    IdempotencyKey, ItemParameters, KeyIdParameter, KeyParameter, MemoryListQuery, MessageListQuery,
    MessageParameter, OldProjectParameter, PageQuery, ProjectListQuery, ProjectParameter,
    ReadConditionHeaders, RecallQuery,
};
pub use projects::{Project, ProjectChange, ProjectCreate, ProjectReplace, ProjectStatus};
pub use server::{FieldError, Health, Problem, Root};
