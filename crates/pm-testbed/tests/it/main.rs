//! The servers, started as tests start them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected panics")]

mod cluster;
mod guard;
mod sentinels;
mod single;
