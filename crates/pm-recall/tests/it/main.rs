//! The index as its callers see it.

mod memory;
mod oracle;
mod property;
mod ranking;
mod sample;
