//! The crate from outside, in one binary.

#![expect(clippy::unwrap_used, reason = "tests")]

mod assets;
mod kernel;
