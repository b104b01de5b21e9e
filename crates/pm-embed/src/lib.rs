//! The adapters of the embedder port of pm-core, one module each:
//!
//! * [`http`]: another server that speaks `/v1/embeddings`.

pub mod http;
