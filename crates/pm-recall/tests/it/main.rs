//! The index as its callers see it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::cast_precision_loss, reason = "counts in a test are small")]

mod memory;
mod oracle;
mod property;
mod quality;
mod ranking;
mod sample;
mod ties;
