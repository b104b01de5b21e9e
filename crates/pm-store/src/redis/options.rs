//! Where Redis is, and how it is used.

use std::path::PathBuf;

/// How the nodes of Redis belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single,
    /// Sentinels that know where the primary of `service` is; the nodes are the sentinels.
    Sentinel {
        /// The name under which the sentinels watch the primary.
        service: String,
    },
    /// A cluster; the nodes are those asked first for its map.
    Cluster,
}

/// Where Redis is, and how it is used.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// How the nodes belong together.
    pub topology: Topology,
    /// Host names or IP addresses (without brackets) and ports; never empty.
    pub nodes: Vec<(String, u16)>,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// A PEM file of the authorities that vouch for the servers; `None`: those of the system.
    pub tls_ca: Option<PathBuf>,
    /// The number of the database; 0 in a cluster.
    pub db: u32,
    /// The user of the access control list, where it is not the default one.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<Password>,
    /// What every key begins with, so that several installations can share one Redis. ASCII letters, digits, `_`, `-`,
    /// `.` and `:`.
    pub prefix: String,
    /// How many replicas must have a write before it is acknowledged.
    pub wait_replicas: u32,
}

/// A password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}
