//! What can be done, once for all transports.

mod access;
mod audit;
mod context;
mod embedding;
mod idempotency;
mod keys;
mod listing;
mod memory;
mod messages;
mod projects;
pub mod recall;
mod sessions;
mod users;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::ports::{Clock, Embedder, Ids, LimitPolicy, Store, Vault};

pub use access::{Access, VaultPorts, WATCH_EVERY};
pub use audit::{Audit, AuditList};
pub use context::{Context, ContextRequest, Contexts};
pub use embedding::Embedding;
pub use idempotency::{IDEMPOTENCY_KEY_BYTES, Idempotency};
pub use keys::{KeyList, KeyText, Keys};
pub use listing::{DEFAULT_LIMIT, ItemList, Listing, MAX_LIMIT, MessageList, ProjectList};
pub use memory::{BATCH_ITEMS, BatchEntry, Count, DeleteRequest, Memory, StoreBatch, StoreItem, Stored};
pub use messages::Messages;
pub use projects::Projects;
pub use recall::{Recall, RecallRequest, Recalled};
pub use sessions::{Algorithm, Sessions, Signing, Tokens};
pub use users::Users;

/// What the operations reach the outside through.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What keeps who may come in; the same as the store.
    pub vault: Arc<dyn Vault>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of ids.
    pub ids: Arc<dyn Ids>,
    /// What makes vectors; `None`: recall goes by words alone.
    pub embedder: Option<Arc<dyn Embedder>>,
}

impl Ports {
    /// Those of them that deal with credentials.
    pub fn of_vault(&self) -> VaultPorts {
        let Self { vault, clock, ids, .. } = self.clone();
        VaultPorts { vault, clock, ids }
    }
}

/// What the person who runs the server decides about memory and recall.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most live items of a project; 0: no limit.
    pub max_items: usize,
    /// What happens to a new item beyond.
    pub limit_policy: LimitPolicy,
    /// Seconds that an item lives which names no `ttl`.
    pub default_ttl: Option<u64>,
    /// How many messages and items make up a context, and how many items a recall answers unless it says.
    pub context_window: usize,
    /// The confidence from which a context is sufficient, 0 to 1.
    pub confidence_threshold: f64,
    /// Bytes that the recall indexes of all projects may take together.
    pub index_bytes: usize,
    /// How many batches of items are with the embedder at a time, at least 1.
    pub embedding_threads: usize,
    /// How long a recall waits for the vector of its query before it answers without.
    pub query_budget: Duration,
    /// Whether indexes make static vectors of their own.
    pub statics: bool,
    /// What tokens are signed with.
    pub signing: Signing,
    /// How long an access token is good for.
    pub access_token: Duration,
    /// How long an entry of the audit record is kept; `None`: for ever.
    pub audit_kept: Option<SignedDuration>,
}

/// All operations, over the same ports.
#[derive(Clone, Debug)]
pub struct Operations {
    /// On projects.
    pub projects: Arc<Projects>,
    /// On memory items.
    pub memory: Arc<Memory>,
    /// On messages.
    pub messages: Arc<Messages>,
    /// On API keys.
    pub keys: Arc<Keys>,
    /// On sessions of users.
    pub sessions: Arc<Sessions>,
    /// The door.
    pub access: Arc<Access>,
    /// On the audit record.
    pub audit: Arc<Audit>,
    /// Recall.
    pub recall: Arc<Recall>,
    /// What an assistant needs for its next answer.
    pub contexts: Arc<Contexts>,
    /// What embeds items in the background, once it is run.
    pub embedding: Arc<Embedding>,
}

impl Operations {
    /// The operations over `ports`, as `settings` have it.
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        let backlog = Embedding::backlog(ports);
        let recall = Arc::new(Recall::new(ports, settings, backlog.clone()));
        let audit = Arc::new(Audit::over(ports.of_vault(), settings.audit_kept));
        let messages = Arc::new(Messages::new(ports, audit.clone()));
        let keys = Arc::new(Keys::new(ports, audit.clone()));
        let users = Arc::new(Users::over(ports.of_vault(), audit.clone()));
        let (signing, lifetime) = (settings.signing.clone(), settings.access_token);
        let sessions =
            Arc::new(Sessions::over(ports.of_vault(), users.clone(), audit.clone(), signing, lifetime));
        Self {
            projects: Arc::new(Projects::new(ports, recall.clone(), audit.clone())),
            memory: Arc::new(Memory::new(ports, settings, recall.clone(), audit.clone())),
            contexts: Arc::new(Contexts::new(messages.clone(), recall.clone(), settings)),
            embedding: Arc::new(Embedding::new(ports, settings, &recall, backlog)),
            access: Arc::new(Access::new(ports.of_vault(), keys.clone(), users, sessions.clone())),
            keys,
            sessions,
            audit,
            messages,
            recall,
        }
    }
}
