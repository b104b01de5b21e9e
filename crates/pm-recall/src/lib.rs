//! The recall engine of ai-pm: it finds the memory items that answer a question.
//!
//! An [`Index`] holds the items of one project in memory and answers a [`Query`] with [`Hit`]s, best first. It is
//! pure and synchronous: no I/O, no clock (the caller says what time it is), and a search never changes the index, so
//! the same index and query always give the same answer.
//!
//! What happens to a query:
//! 1. [`tokenize`] turns it into terms, exactly as it turned the items into terms.
//! 2. BM25 adds up the evidence of each shared term, for the item and for the item with its neighbours of the same session
//!    (`index/lexical.rs`, `index/sessions.rs`); exact keys and identifiers add to it (`index/boost.rs`).
//! 3. Vectors are compared with the query's: those of the static model in the binary, which every item has at once, and
//!    those of an embedder, as far as they are there (`index/rows.rs`).
//! 4. All of it becomes one score, and the scores become probabilities (`index/fusion.rs`).
//! 5. The best items that pass the query's filters are kept (`rank.rs`), each text once (`index/duplicates.rs`), followed
//!    by what is tied to them (`index/links.rs`).
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
mod similarity;
mod tokenize;
pub mod tuning;

pub use document::Document;
pub use hit::{Explain, Hit, Scored, confidence};
pub use index::{Index, Layout, Scratch};
pub use kind::{Kind, KindSet};
pub use query::Query;
pub use semantic::{PassageVector, fingerprint};
pub use similarity::ItemText;
pub use tokenize::{Token, tokenize};
