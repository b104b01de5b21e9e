//! Servers that all tests of one process share. They start when they are first asked for, and end with the process.
//! Tests that use them keep apart by their keys, and neither kill nor freeze.

use std::sync::OnceLock;

use crate::{Cluster, Product, Server};

/// A plain Redis.
pub fn redis() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(Product::Redis))
}

/// A plain Valkey.
pub fn valkey() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(Product::Valkey))
}

/// A cluster of Redis.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(Product::Redis))
}
