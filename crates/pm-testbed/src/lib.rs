//! Redis and Valkey servers that tests start by themselves: single, with TLS, behind Sentinel, as a Cluster. And [`text`] for
//! what is measured.
//!
//! ```no_run
//! use pm_testbed::{Product, Server};
//!
//! let mut server = Server::builder(Product::Redis).config("appendonly", "yes").start();
//! server.cli(&["SET", "key", "value"]).ok();
//! server.restart();
//! assert_eq!(server.cli(&["GET", "key"]).text(), "value");
//! ```
//!
//! Everything blocks and panics with what went wrong: this is for tests and for measuring, from code with and without
//! async. Servers listen on 127.0.0.1 only, on free ports, with their files in a temporary folder.
//!
//! **Nothing outlives the process that started it**, even where that is killed: each server has a small shell that
//! holds a pipe from us and kills the server, frozen or not, and removes its folder once the pipe breaks. So servers
//! in statics ([`shared`]) are fine too.
//!
//! **Where the programs come from**: `cargo xtask test` installs `redis-server` (at least 7.0, by the system's package)
//! and `valkey-server` (into `target/tools/bin`). `AI_PM_REDIS_SERVER` and `AI_PM_VALKEY_SERVER` name others. TLS also
//! needs `openssl`. One that is missing fails the test; nothing is skipped.

mod certificates;
mod client;
mod cluster;
mod guard;
mod polling;
mod ports;
mod product;
mod reply;
mod sentinels;
mod server;
pub mod shared;
pub mod text;

pub use certificates::Certificates;
pub use cluster::{Cluster, Migration, slot_of};
pub use polling::until;
pub use product::Product;
pub use reply::Reply;
pub use sentinels::Sentinels;
pub use server::{Builder, Server};
