//! The embedder: what turns text into vectors.

use std::fmt;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use crate::error::Source;

/// Makes vectors of texts that are near to each other when the texts mean the same.
///
/// **Vectors.** All vectors of one embedder have the same number of dimensions, 1 to 4096, are finite and normalised to
/// length 1, so that their dot product is the cosine of their angle. The same text gets the same vector up to rounding.
/// Vectors of queries and of items are compared with each other, those of different [`EmbeddingModel`]s never.
///
/// **Text.** Any text is taken, the empty one too. A model reads only so much of a text; what is beyond is left out
/// without a word.
///
/// **All or none.** A call answers the vectors of all its texts, in their order, or an error and no vector.
///
/// **Time.** Every method answers within a bound that the adapter states. Who cannot wait that long puts a time limit
/// of their own around the call: dropping a call is always safe, leaves nothing half done and frees what it held, though
/// work that has begun may be finished unseen.
///
/// **Many at once.** Calls may be made at the same time from many tasks. None blocks the thread it is polled on, and
/// queries do not wait behind items.
#[async_trait]
pub trait Embedder: Send + Sync + fmt::Debug {
    /// The model. It does not change as long as the embedder lives.
    fn model(&self) -> &EmbeddingModel;

    /// Whether it is the one that recall was fitted to. Cosines of any other are brought to the same spread first, since
    /// models differ in how near they find texts that have nothing to do with each other.
    fn is_reference(&self) -> bool {
        false
    }

    /// How many texts one call of [`embed_items`](Self::embed_items) is best given, at least 1. More are taken too, in
    /// several steps.
    fn batch(&self) -> usize;

    /// The vector of a question. Somebody waits for it: it is tried once, as fast as can be, and an embedder that is
    /// known to be away fails at once.
    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError>;

    /// The vectors of texts to be found later, each in the place of its text. In the background: it may be slow, and
    /// faults that pass are waited out within the adapter's bound.
    async fn embed_items(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Which model makes the vectors.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EmbeddingModel {
    /// Its name, such as `all-MiniLM-L6-v2`.
    pub name: String,
    /// What tells apart two that have the same name and answer other vectors, such as `int8-1`.
    pub version: String,
}

impl EmbeddingModel {
    /// A number for name and version, kept beside each vector: the first 8 bytes, the most significant first, of the
    /// SHA-256 of both, each after its length in bytes as a big-endian `u64`.
    pub fn tag(&self) -> u64 {
        let mut hash = Sha256::new();
        for part in [&self.name, &self.version] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }
}

impl fmt::Display for EmbeddingModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.version)
    }
}

/// Why there is no vector. No message holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// Not now: the same call may succeed later.
    #[error("the embedder does not answer: {what}")]
    Unavailable {
        /// What happened.
        what: String,
        /// What lies under it.
        #[source]
        source: Option<Source>,
    },
    /// Never with this set-up, whatever the text: the message tells what has to be changed.
    #[error("the embedder cannot be used as it is set up: {0}")]
    Refused(String),
    /// Never with these texts: at least one of them is not taken. Others may be, and who gave several finds the one by
    /// giving them in smaller groups.
    #[error("the embedder does not take the text: {0}")]
    Unsuitable(String),
}

impl EmbedError {
    /// Not now, for the reason given.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into(), source: None }
    }

    /// Not now, with what lies under it.
    pub fn unavailable_from(what: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::Unavailable { what: what.into(), source: Some(source.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str, version: &str) -> u64 {
        EmbeddingModel { name: name.to_owned(), version: version.to_owned() }.tag()
    }

    #[test]
    fn tags_are_kept_with_vectors_and_never_change() {
        assert_eq!(tag("all-MiniLM-L6-v2", "int8-1"), 0x7808_993d_8fd0_b66f);
    }

    #[test]
    fn models_that_differ_have_different_tags() {
        let tags = [tag("ab", "c"), tag("a", "bc"), tag("abc", ""), tag("", "abc"), tag("", "")];
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tags[index + 1..].contains(tag), "{tags:?}");
        }
    }
}
