//! The recall engine of ai-pm: it finds the memory items that answer a question.
//!
//! An [`Index`] holds the items of one project in memory and answers a [`Query`] with [`Hit`]s, best first. It is
//! pure and synchronous: no I/O, no clock (the caller says what time it is), and a search never changes the index, so
//! the same index and query always give the same answer.
//!
//! What happens to a query:
//! 1. [`tokenize`] turns it into terms, exactly as it turned the items into terms.
//! 2. BM25 adds up the evidence of each shared term (`index/lexical.rs`): the part `lexical`.
//! 3. An exact key or an identifier that the query carries adds to it (`index/boost.rs`): the part `boost`.
//! 4. The item's importance moves that sum by a few percent (`index/search.rs`): the part `importance`.
//! 5. The best items that pass the query's filters are kept (`rank.rs`).
//!
//! Every constant is in [`tuning`], with its source.

mod bm25;
mod date;
mod document;
mod flatten;
mod hit;
mod index;
mod kind;
mod query;
mod rank;
mod semantic;
mod tokenize;
pub mod tuning;

pub use document::Document;
pub use hit::{Explain, Hit, Scored};
pub use index::{Index, Layout};
pub use kind::{Kind, KindSet};
pub use query::Query;
pub use semantic::{PassageVector, fingerprint};
pub use tokenize::{Token, tokenize};
