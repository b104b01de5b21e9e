//! The server from outside: over HTTP, and as a process.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod faults;
mod harness;

mod access;
mod audit;
mod bounds;
mod cli;
mod concurrency;
mod config;
mod context;
mod cors;
mod crash;
mod documents;
mod embedding;
mod headers;
mod hostile;
mod idempotency;
mod keys;
mod limits;
mod lists;
mod mcp;
mod messages;
mod metrics;
mod nodes;
mod outage;
mod pages;
mod process;
mod projects;
mod queries;
mod readme;
mod recall;
mod remembered;
mod similar;
mod slow;
mod ties;
mod tls;
mod transfer;
