//! The operations over a store that is simple, or breaks.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it expects")]

mod audit;
mod context;
mod door;
mod embedding;
mod fake_embedder;
mod flights;
mod keys;
mod operations;
mod recall;
mod remote;
mod sessions;
