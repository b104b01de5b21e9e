//! What the operator decides: read once at start, checked whole, and never looked up again.
//!
//! A setting is taken from the first of: the command line, the environment, `.env`, `ai-pm.toml`, its default.
//! [`Config::load`] gathers every fault before it gives up, so that one start shows all that is wrong.

mod audit;
mod auth;
mod dotenv;
mod embedder;
mod environment;
mod faults;
mod log;
mod memory;
mod names;
mod network;
mod origin;
mod rate_limit;
mod reader;
mod redis;
mod redis_url;
mod secret;
mod server;
mod sources;
mod store;
mod tls;
mod toml_file;

#[cfg(test)]
mod tests;

use self::reader::Reader;

pub use self::audit::Audit;
pub use self::auth::{Algorithm, Auth, EXAMPLE_SECRET_KEY};
pub use self::embedder::{Embedder, EmbedderKind, EmbeddingServer};
pub use self::environment::Environment;
pub use self::faults::{Fault, Faults};
pub use self::log::{Format, Log};
pub use self::memory::{LimitPolicy, Memory};
pub use self::network::Network;
pub use self::rate_limit::RateLimit;
pub use self::reader::Setting;
pub use self::redis::{Node, Redis, RedisUsage, Topology};
pub use self::secret::Secret;
pub use self::server::Server;
pub use self::sources::{Source, Sources};
pub use self::store::{Store, StoreKind};

/// Everything that is configured, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server listens and whom it believes.
    pub server: Server,
    /// What the process is run for.
    pub environment: Environment,
    /// What is logged, how and where to.
    pub log: Log,
    /// Where projects, messages and memory are kept.
    pub store: Store,
    /// Who may call.
    pub auth: Auth,
    /// How much is remembered and recalled.
    pub memory: Memory,
    /// What turns text into vectors.
    pub embedder: Embedder,
    /// How often one caller may call.
    pub rate_limit: RateLimit,
    /// The record of who did what.
    pub audit: Audit,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads and checks every setting; the error lists all that is wrong, not the first fault alone.
    pub fn load(sources: &Sources) -> Result<Self, Faults> {
        let mut reader = Reader::new(sources);
        let environment = environment::read(&mut reader);
        // The rules that production adds are checked even where another setting is at fault.
        let stage = environment.unwrap_or(Environment::Development);
        let server = server::read(&mut reader);
        let log = log::read(&mut reader, stage);
        let store = store::read(&mut reader);
        let auth = auth::read(&mut reader, stage);
        let memory = memory::read(&mut reader);
        let embedder = embedder::read(&mut reader);
        let rate_limit = rate_limit::read(&mut reader);
        let audit = audit::read(&mut reader);

        let settings = reader.finish()?;
        let gathered = (|| {
            Some(Self {
                server: server?,
                environment: environment?,
                log: log?,
                store: store?,
                auth: auth?,
                memory: memory?,
                embedder: embedder?,
                rate_limit: rate_limit?,
                audit: audit?,
                settings,
            })
        })();
        gathered.ok_or_else(Faults::unexplained)
    }

    /// Every setting with the value in force and where it came from; secrets are masked.
    pub fn report(&self) -> &[Setting] {
        &self.settings
    }

    /// The names of all settings, as the environment spells them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        names::ALL.iter().map(|spec| spec.name)
    }
}
