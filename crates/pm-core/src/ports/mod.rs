//! The ports: what the domain asks of the outside, as small traits that can be made into objects.

mod clock;
mod embedder;
mod ids;
mod page;
mod quota;
mod store;
mod vault;
mod vector;

pub use clock::{Clock, ManualClock, SystemClock};
pub use embedder::{EmbedError, Embedder, EmbeddingModel};
pub use ids::{CountedIds, Ids, RandomIds};
pub use page::{
    ItemFilter, ItemPosition, ItemSort, MessageFilter, MessagePosition, Order, Page, PageRequest,
    ProjectFilter, ProjectPosition, ProjectSort, SortValue,
};
pub use quota::{Lease, Quota, QuotaPolicy};
pub use store::{
    Change, Changes, Digest, Follower, ItemLimit, LimitPolicy, Once, PutItems, PutOutcome, ServerInfo, Stamp,
    Store, Swept, Written,
};
pub use vault::{Content, Expected, IdRange, Record, Shelf, Vault};
pub use vector::{ItemVector, ModelTag};
