//! What turns text into vectors.

use super::names;
use super::reader::{Checked, Reader, one_of};

/// What turns text into vectors for recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedder {
    /// The small transformer that ships in the binary.
    Minilm,
    /// The static table that ships in the binary.
    Static,
    /// Nothing: recall goes by words alone.
    None,
    /// Another server.
    Http,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Embedder> {
    reader.value(
        &names::EMBEDDER,
        one_of(&[
            ("minilm", Embedder::Minilm),
            ("static", Embedder::Static),
            ("none", Embedder::None),
            ("http", Embedder::Http),
        ]),
    )
}
