//! Embedding vectors, as a store keeps them beside the items.

use crate::model::{Key, MemoryType, Version};

/// Which model made a vector: a digest of its name and version. Vectors of different tags are never compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ModelTag(pub u64);

/// The vector of an item in one version of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemVector {
    /// The type of the item.
    pub r#type: MemoryType,
    /// The key of the item.
    pub key: Key,
    /// The version of the item that it was made from.
    pub version: Version,
    /// What the model made of it, which only the model's user can read: at most [`ItemVector::MAX_BYTES`].
    pub bytes: Vec<u8>,
}

impl ItemVector {
    /// The most bytes of a vector.
    pub const MAX_BYTES: usize = 16 * 1024;
}
