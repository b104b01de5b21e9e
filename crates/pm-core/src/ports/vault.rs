//! The vault: what keeps who may come in.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Order;
use crate::Result;

/// Keeps small records that belong to no project: who may come in, and with what. The store that keeps projects keeps
/// them too; the conformance suite of pm-store holds every adapter to this contract.
///
/// **Atomicity, durability, order and failure** are those of [`Store`](super::Store).
///
/// **Identity.** A record has an id on its shelf: 1 to 200 bytes of text, compared byte by byte, with no special character.
///
/// **Versions.** Each write gives the record a version that no record of the vault had before, greater than all of them.
///
/// **Expiry.** A record whose time has come is absent for every method, whether or not it has been swept.
///
/// **Revision.** [`revision`](Self::revision) tells whether what was read before may still be relied on: each removal and each
/// replacement on a shelf that is watched raises it in the same step, by this process or another one.
#[async_trait]
pub trait Vault: Send + Sync + fmt::Debug {
    /// One record.
    async fn record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>>;

    /// The records of a range, by the bytes of their ids in this order, at most `limit`; fewer only at the end.
    async fn records_within(
        &self,
        shelf: Shelf,
        range: IdRange<'_>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>>;

    /// The records that follow `after`, in ascending order, at most `limit`; fewer only at the end.
    async fn records(&self, shelf: Shelf, after: Option<&str>, limit: usize) -> Result<Vec<Record>> {
        let range = IdRange { after, before: None };
        self.records_within(shelf, range, Order::Ascending, limit).await
    }

    /// How many records a range has.
    async fn count_records(&self, shelf: Shelf, range: IdRange<'_>) -> Result<u64>;

    /// Keeps a record, new or in place of the one of this id, if what is there is as `expected`; its version. `None`: it
    /// is not, and nothing was written.
    async fn put_record(
        &self,
        shelf: Shelf,
        id: &str,
        content: &Content,
        expected: Expected,
    ) -> Result<Option<u64>>;

    /// Removes a record; whether it was there.
    async fn remove_record(&self, shelf: Shelf, id: &str) -> Result<bool>;

    /// The revision: it never goes down.
    async fn revision(&self) -> Result<u64>;
}

/// What kind of records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shelf {
    /// API keys, by their public id.
    Keys,
    /// When a key was last used, by the same id.
    Uses,
    /// Users, by name.
    Users,
    /// Sessions, which a log-in opens, by id.
    Sessions,
    /// How often a session was refreshed, by the same id.
    Turns,
    /// Who did what, by an id that sorts by time.
    Audit,
}

impl Shelf {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Keys, Self::Uses, Self::Users, Self::Sessions, Self::Turns, Self::Audit];

    /// Its name, which adapters may write down: it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Uses => "uses",
            Self::Users => "users",
            Self::Sessions => "sessions",
            Self::Turns => "turns",
            Self::Audit => "audit",
        }
    }

    /// Whether readers rely on what they have read until the revision changes.
    pub fn is_watched(self) -> bool {
        match self {
            Self::Keys | Self::Users | Self::Sessions => true,
            Self::Uses | Self::Turns | Self::Audit => false,
        }
    }
}

/// Which ids, compared byte by byte: those after the one and before the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IdRange<'a> {
    /// All are greater; `None`: from the first one on.
    pub after: Option<&'a str>,
    /// All are less; `None`: to the last one.
    pub before: Option<&'a str>,
}

impl IdRange<'_> {
    /// Every id.
    pub const ALL: Self = Self { after: None, before: None };

    /// Whether an id is in it.
    pub fn holds(&self, id: &str) -> bool {
        self.after.is_none_or(|after| id > after) && self.before.is_none_or(|before| id < before)
    }
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// JSON, at most 64 KiB.
    pub body: String,
    /// When it is absent again.
    pub expires_at: Option<Timestamp>,
}

/// A record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// What it is called on its shelf.
    pub id: String,
    /// What it says.
    pub content: Content,
    /// Which writing of it this is.
    pub version: u64,
}

/// What must be there for a write to happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Anything, or nothing.
    Any,
    /// Nothing.
    Absent,
    /// A record of this version.
    Version(u64),
}
