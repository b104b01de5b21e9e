//! Where Redis is.

use std::fmt;
use std::path::PathBuf;

use super::names::{self, Spec};
use super::reader::{Checked, Parsed, Reader, number};
use super::redis_url;
use super::secret::Secret;
use super::server::host;

/// Each of these asks for Redis.
pub(super) static VARIABLES: [&Spec; 8] = [
    &names::REDIS_URL,
    &names::REDIS_HOST,
    &names::REDIS_PORT,
    &names::REDIS_DB,
    &names::REDIS_PASSWORD,
    &names::REDIS_PREFIX,
    &names::REDIS_WAIT_REPLICAS,
    &names::REDIS_TLS_CA,
];

/// What says where Redis is, as a URL does: the one or the other.
static PARTS: [&Spec; 4] = [&names::REDIS_HOST, &names::REDIS_PORT, &names::REDIS_DB, &names::REDIS_PASSWORD];

/// How the nodes of Redis belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single,
    /// Sentinels that know where the primary of `service` is; `nodes` are the sentinels.
    Sentinel {
        /// The name under which the sentinels watch the primary.
        service: String,
    },
    /// A cluster; `nodes` are those asked first for its map.
    Cluster,
}

/// One address of Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// An IP address without brackets, or a host name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Where Redis is, and as whom to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redis {
    /// How the nodes belong together.
    pub topology: Topology,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// One node, or those to ask first; never empty.
    pub nodes: Vec<Node>,
    /// The number of the database; 0 in a cluster.
    pub db: u32,
    /// The user of the access control list, where it is not the default one.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<Secret>,
    /// How it is used.
    pub usage: RedisUsage,
}

/// How Redis is used, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisUsage {
    /// What every key begins with.
    pub prefix: String,
    /// How many replicas must have a write before it is acknowledged.
    pub wait_replicas: u32,
    /// A PEM file of the authorities that vouch for the servers, where it is not those of the system.
    pub tls_ca: Option<PathBuf>,
}

impl Default for RedisUsage {
    fn default() -> Self {
        Self { prefix: "ai-pm".to_owned(), wait_replicas: 0, tls_ca: None }
    }
}

impl Redis {
    /// What a URL names, used as by default; the error repeats nothing of it, since it may hold a password.
    pub fn of_url(text: &str) -> Result<Self, String> {
        redis_url::parse(text)
    }
}

/// The settings of Redis; checked even where the store is another, used only where `wanted`.
pub(super) fn read(reader: &mut Reader<'_>, wanted: bool) -> Checked<Redis> {
    let url = reader.given(&names::REDIS_URL).is_some();
    if url {
        for spec in PARTS {
            if let Some(source) = reader.given(spec) {
                reader.fault(
                    &names::REDIS_URL,
                    format!("is given together with {} ({source}); give the one or the other", spec.name),
                );
            }
        }
    }
    let from_url = reader.optional(&names::REDIS_URL, redis_url::parse);
    // A default is reported only where it is in force.
    let defaults = wanted && !url;
    let ports = number(1..=u16::MAX, "");
    let databases = number(0..=65_535, "");
    let (node_host, port, db) = if defaults {
        (
            reader.value_or(&names::REDIS_HOST, "localhost", host),
            reader.value_or(&names::REDIS_PORT, "6379", ports),
            reader.value_or(&names::REDIS_DB, "0", databases),
        )
    } else {
        (
            reader.optional(&names::REDIS_HOST, host),
            reader.optional(&names::REDIS_PORT, ports),
            reader.optional(&names::REDIS_DB, databases),
        )
    };
    let password = reader.optional(&names::REDIS_PASSWORD, |text| Ok(Secret::new(text)));
    let usage = usage(reader, wanted);
    if url {
        return Some(Redis { usage: usage?, ..from_url? });
    }
    Some(Redis {
        topology: Topology::Single,
        tls: false,
        nodes: vec![Node { host: node_host?, port: port? }],
        db: db?,
        username: None,
        password,
        usage: usage?,
    })
}

fn usage(reader: &mut Reader<'_>, wanted: bool) -> Checked<RedisUsage> {
    let replicas = number(0..=16, "");
    let (prefix, wait_replicas) = if wanted {
        (
            reader.value_or(&names::REDIS_PREFIX, "ai-pm", prefix),
            reader.value_or(&names::REDIS_WAIT_REPLICAS, "0", replicas),
        )
    } else {
        let defaults = RedisUsage::default();
        (
            reader.optional(&names::REDIS_PREFIX, prefix).or(Some(defaults.prefix)),
            reader.optional(&names::REDIS_WAIT_REPLICAS, replicas).or(Some(defaults.wait_replicas)),
        )
    };
    let tls_ca = reader.optional(&names::REDIS_TLS_CA, |text| Ok(PathBuf::from(text)));
    Some(RedisUsage { prefix: prefix?, wait_replicas: wait_replicas?, tls_ca })
}

/// What keys may begin with: nothing that has a meaning in keys of Redis.
fn prefix(text: &str) -> Parsed<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(good) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 ASCII letters, digits or _ - . :".to_owned())
    }
}
