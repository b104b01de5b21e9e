//! The store: what keeps projects, messages and memory.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::page::{
    ItemFilter, ItemPosition, ItemSort, MessageFilter, MessagePosition, Page, PageRequest, ProjectFilter,
    ProjectPosition, ProjectSort,
};
use super::quota::Quota;
use super::vector::{ItemVector, ModelTag};
use crate::Result;
use crate::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId, Version, Versioned,
};

/// A store of projects, messages and memory. The conformance suite of pm-store holds every adapter to this
/// contract.
///
/// **Atomicity.** Each method is one atomic step: it happens whole or not at all, and no other call sees it
/// half done. A call that is cancelled may or may not happen, but never half.
///
/// **Durability.** A write that answered `Ok` survives the death of the process; each adapter says what
/// else it survives.
///
/// **Order.** What a call sees includes every write that was answered before the call began.
///
/// **Absence.** An absent thing is `Ok(None)` or `Ok(false)`, except that a write (or a list, a count, a scan)
/// in a project that is not there fails with [`Error::ProjectNotFound`](crate::Error::ProjectNotFound). An item whose `expires_at` has come
/// is absent for every method, whether or not it has been swept.
///
/// **Archived projects.** Writes to messages and memory, deletes of them included, fail with
/// [`Error::ProjectArchived`](crate::Error::ProjectArchived). That comes after `ProjectNotFound` and before every other check on the write, but
/// for the replay of a [`Once`].
///
/// **Vectors** are derived from items and belong to one version of their item: once that is replaced or absent, no method
/// shows its vector, and what takes the item from the disk takes its vector too.
///
/// **Versions.** Each written thing gets the project's next revision as its [`Version`]: greater than any given
/// before in that project, and never given again.
///
/// **Text** is compared byte by byte. No character of a key, a session id or a name has a special meaning.
///
/// **Failure.** [`Error::StoreUnavailable`](crate::Error::StoreUnavailable) says that the store does not answer. It is never answered as absence.
/// Every method answers within a bound that the adapter states.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// What it is, in a word: `embedded`, `redis`, `memory`.
    fn kind(&self) -> &'static str;

    /// What it runs on, where that is a server: as of the last time that it answered.
    fn server(&self) -> Option<ServerInfo> {
        None
    }

    /// Whether a call crosses a network. Then what is read often is worth memory, and a write is not worth a read.
    fn is_remote(&self) -> bool {
        false
    }

    /// A number that is another one once a project was made, changed or deleted: before that write is answered. A list of
    /// projects that was read after it holds until then. `None` where it takes a call to know.
    fn projects_revision(&self) -> Option<u64> {
        None
    }

    /// Buckets of tokens that all nodes over it share, where it has such.
    fn quota(&self) -> Option<&dyn Quota> {
        None
    }

    /// Asks whether it would answer, without touching anyone's data.
    async fn ping(&self) -> Result<()>;

    /// Finishes what was accepted, then closes: later calls answer `StoreUnavailable`.
    async fn close(&self) -> Result<()>;

    /// Keeps a new project; its id is new.
    async fn create_project(&self, project: &Project, once: Option<&Once>) -> Result<Written<Version>>;

    /// One project.
    async fn project(&self, id: ProjectId) -> Result<Option<Versioned<Project>>>;

    /// Replaces the project of this id if it is still in version `expected`; `None` if it is not, or is gone.
    async fn replace_project(&self, project: &Project, expected: Version) -> Result<Option<Version>>;

    /// Deletes a project with its messages and memory; whether it was there. A condition that fails (also on
    /// an absent project) is [`Error::PreconditionFailed`](crate::Error::PreconditionFailed).
    async fn delete_project(&self, id: ProjectId, condition: &Precondition) -> Result<bool>;

    /// A page of the list of projects.
    async fn projects(
        &self,
        filter: &ProjectFilter,
        page: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>>;

    /// Stores items, each new or in place of the one of the same type and key: all of them or none.
    /// See [`PutItems`] for conditions and limits. An empty list is checked like any other and writes nothing.
    async fn put_items(&self, project: ProjectId, put: &PutItems) -> Result<Written<PutOutcome>>;

    /// One item.
    async fn item(
        &self,
        project: ProjectId,
        r#type: MemoryType,
        key: &Key,
    ) -> Result<Option<Versioned<MemoryItem>>>;

    /// Several items, each in the place of its name. An absent project has none.
    async fn items(
        &self,
        project: ProjectId,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Versioned<MemoryItem>>>>;

    /// Deletes the items of this key that have one of `types`; answers the types that were there. The condition is
    /// on the one item meant and is checked only where `types` names exactly one.
    async fn delete_items(
        &self,
        project: ProjectId,
        types: &[MemoryType],
        key: &Key,
        condition: &Precondition,
    ) -> Result<Vec<MemoryType>>;

    /// Deletes all items of a project; how many live ones there were.
    async fn clear_items(&self, project: ProjectId) -> Result<u64>;

    /// How many live items a project has, by [`MemoryType::rank`].
    async fn count_items(&self, project: ProjectId) -> Result<[u64; 4]>;

    /// A page of the list of a project's items.
    async fn list_items(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        page: &PageRequest<ItemSort, ItemPosition>,
    ) -> Result<Page<Versioned<MemoryItem>>>;

    /// The live items that follow `after` in order of type and key, at most `limit`; fewer only at the end.
    /// Items that are there during a whole walk are seen exactly once.
    async fn scan_items(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>>;

    /// Keeps vectors that `model` made, each in place of what vector its item has, of any model; of two of the same item
    /// the last. One whose item is not live in exactly its version is left out. It is no change of the project: there is no
    /// revision and no [`Change`] of it, and archived projects take vectors too. A put of many may happen in several
    /// steps, of whole vectors.
    async fn put_vectors(&self, project: ProjectId, model: ModelTag, vectors: &[ItemVector]) -> Result<()>;

    /// The vectors that `model` made of these items in their present version, each in the place of its name. An absent
    /// project has none.
    async fn vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Vec<u8>>>>;

    /// The vectors that `model` made of live items in their present version, with the names of the items; which of them,
    /// and in which order, as [`scan_items`](Store::scan_items) tells of items.
    async fn scan_vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key, Vec<u8>)>>;

    /// The names of live items that have no vector by `model` in their present version; which of them, and in which order,
    /// as [`scan_items`](Store::scan_items) tells of items.
    async fn scan_unembedded(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key)>>;

    /// Follows the changes of a project's memory from now on. Where the project is not there, that fails with
    /// [`Error::ProjectNotFound`](crate::Error::ProjectNotFound).
    async fn follow(&self, project: ProjectId) -> Result<Box<dyn Follower>>;

    /// Keeps a new message; its id is new.
    async fn create_message(&self, message: &Message, once: Option<&Once>) -> Result<Written<Version>>;

    /// One message.
    async fn message(&self, project: ProjectId, id: MessageId) -> Result<Option<Versioned<Message>>>;

    /// Deletes a message; whether it was there. A condition that fails (also on an absent message) is
    /// [`Error::PreconditionFailed`](crate::Error::PreconditionFailed).
    async fn delete_message(
        &self,
        project: ProjectId,
        id: MessageId,
        condition: &Precondition,
    ) -> Result<bool>;

    /// A page of the list of a project's messages, by timestamp.
    async fn list_messages(
        &self,
        project: ProjectId,
        filter: &MessageFilter,
        page: &PageRequest<(), MessagePosition>,
    ) -> Result<Page<Versioned<Message>>>;

    /// Removes at most `limit` expired items and at most `limit` outdated [`Once`] records from the disk.
    async fn sweep(&self, limit: usize) -> Result<Swept>;
}

/// A server that a store runs on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerInfo {
    /// `redis` or `valkey`.
    pub product: String,
    /// Its version, such as `7.0.15`.
    pub version: String,
    /// `standalone`, `sentinel` or `cluster`.
    pub mode: &'static str,
}

/// What a sweep removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Expired items.
    pub items: usize,
    /// Outdated records of idempotency keys.
    pub once: usize,
    /// Expired records of the [`Vault`](super::Vault).
    pub records: usize,
}

/// Items to be stored in one step.
#[derive(Clone, PartialEq, Debug)]
pub struct PutItems {
    /// The items, no (type, key) twice, all of the project they are put to.
    pub items: Vec<MemoryItem>,
    /// On the item that is there before; checked only where `items` has exactly one.
    pub condition: Precondition,
    /// How many live items the project may hold after it.
    pub limit: Option<ItemLimit>,
    /// Makes a repeat answer as the first did.
    pub once: Option<Once>,
}

/// The most live items of a project, and what happens to a new one beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemLimit {
    /// The most live items.
    pub max: usize,
    /// What happens beyond.
    pub policy: LimitPolicy,
}

/// What happens to a new item beyond the limit. Replacing an item is never beyond it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LimitPolicy {
    /// [`Error::MemoryLimitReached`](crate::Error::MemoryLimitReached), nothing is stored.
    #[default]
    Reject,
    /// The live items that are not of this write and have the oldest timestamps (ties: type, key) make room,
    /// just as many as needed; `MemoryLimitReached` where that is not enough.
    EvictOldest,
}

/// What storing items did.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PutOutcome {
    /// For each item in turn: whether no live one was there before, and its version now.
    pub entries: Vec<(bool, Version)>,
    /// What made room, in the order of leaving.
    pub evicted: Vec<(MemoryType, Key)>,
}

/// A SHA-256.
pub type Digest = [u8; 32];

/// Makes a repeated write answer as the first did and do nothing.
///
/// The store looks for a record of `scope` first, before any other check. Where one is and has not passed
/// `expires_at`: with another fingerprint the write fails with [`Error::IdempotencyMismatch`](crate::Error::IdempotencyMismatch); with the same
/// nothing is written and the recorded outcome and stamp are answered. Where none is, the record is
/// kept in the same atomic step as the write; a write that fails keeps none. Of two at the same time, one waits for the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Once {
    /// Who asked what, where, under which key.
    pub scope: Digest,
    /// What was asked.
    pub fingerprint: Digest,
    /// What the answer is made from, beside the outcome.
    pub stamp: Stamp,
    /// When the record may be forgotten.
    pub expires_at: Timestamp,
}

/// The id and the time that were given to a write: with its body they make up the whole answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The id of the thing made; any for items.
    pub id: Uuid,
    /// When it was made.
    pub at: Timestamp,
}

/// The outcome of a write that may be a repeat.
#[derive(Clone, PartialEq, Debug)]
pub struct Written<T> {
    /// The outcome of the first such write.
    pub outcome: T,
    /// The stamp of the first such write, where this one was a repeat.
    pub replay_of: Option<Stamp>,
}

/// Follows the changes of one project's memory. Dropping it ends that.
#[async_trait]
pub trait Follower: Send {
    /// All changes answered to their writers before this call, and perhaps later ones (also of writes that are not
    /// answered yet), since the call before (at first: since [`Store::follow`] answered), oldest first.
    ///
    /// Once the project is deleted, this call and each later one fail with
    /// [`Error::ProjectNotFound`](crate::Error::ProjectNotFound). A call that is dropped before it answers has taken
    /// nothing: the next one answers what it would have.
    async fn changes(&mut self) -> Result<Changes>;
}

/// What happened to a project's memory.
#[derive(Clone, PartialEq, Debug)]
pub enum Changes {
    /// These changes: applied in order, they lead to the state that all of them together led to. What a later change of
    /// the same item made moot may be left out, and so may all before a [`Change::Cleared`].
    Since(Vec<Change>),
    /// More than the store remembers: what was built from the changes must be built anew, with a new follower.
    Lost,
}

/// One change.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// An item is new or replaced.
    Put(std::sync::Arc<MemoryItem>),
    /// An item is gone: deleted, evicted or swept.
    Removed(MemoryType, Key),
    /// All items are gone.
    Cleared,
}
