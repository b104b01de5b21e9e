//! The adapters of the embedder port of pm-core, one module each:
//!
//! * [`bundled`]: the transformer in the binary, or one from a directory.
//! * [`http`]: another server that speaks `/v1/embeddings`.

pub mod bundled;
pub mod http;
