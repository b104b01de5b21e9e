//! The adapters against the port's contract, and what is particular to each.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected panics")]

mod embedded;
mod fixture;
mod memory;
mod oracle;
mod redis;
