//! Puts a store, an embedder and the operations together, as the configuration has it. Nothing else names the adapters
//! there are.

use std::sync::Arc;
use std::time::Duration;

use pm_core::operations::{
    Access, Algorithm, Audit, Embedding, Keys, Operations, Ports, Settings, Signing, Users, VaultPorts,
};
use pm_core::ports::{Clock, Embedder, Ids, LimitPolicy, RandomIds, Store, Swept, SystemClock, Vault};
use pm_embed::bundled::{self, BundledEmbedder};
use pm_embed::http::{self, ApiKey, HttpEmbedder, HttpOptions};
pub use pm_store::embedded::Examined as Embedded;
use pm_store::embedded::{self, Beside, EmbeddedStore};
pub use pm_store::redis::Facts as RedisFacts;
use pm_store::redis::{self, Password, RedisOptions, RedisStore, Topology};
pub use pm_store::redis::{Entry, FirstVersion};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};

/// How often expired items are removed from the disk; that they are gone for readers does not wait for it.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// The most that one step of a sweep removes, so that writers are not held up.
const SWEEP_ITEMS: usize = 500;

/// How often a store that does not answer is asked whether there is an administrator.
const BOOTSTRAP_EVERY: Duration = Duration::from_secs(2);

/// How long a server waits for Redis before it starts without it, and a command before it gives up.
const PATIENCE_SERVING: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no store, or no embedder.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The embedded store could not be opened.
    #[error(transparent)]
    Open(#[from] embedded::OpenError),
    /// Redis cannot be used with these settings.
    #[error(transparent)]
    Redis(#[from] redis::OpenError),
    /// Redis does not answer, and the caller needs it now.
    #[error(
        "Redis does not answer ({0}): see that it runs and that REDIS_URL or the other REDIS_ settings are right"
    )]
    Away(String),
    /// The server for vectors cannot be used with these settings.
    #[error(transparent)]
    Embedder(#[from] http::OpenError),
    /// There is no randomness to make a key of.
    #[error(transparent)]
    Randomness(#[from] pm_core::Error),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] bundled::OpenError),
}

impl ComposeError {
    /// Whether another process holds the embedded store.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Open(embedded::OpenError::Locked(_)))
    }
}

/// What is done about a Redis that does not answer when the store is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// The store is opened all the same, and answers once Redis is there.
    Serve,
    /// That is a failure.
    Fail,
}

/// Opens the store and the embedder, and puts the operations over them.
pub async fn open(config: &Config, absent: Absent) -> Result<(Ports, Operations), ComposeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // First, because it may refuse its settings and the store then need not be opened.
    let embedder = embedder(&config.embedder)?;
    let (store, vault): (Arc<dyn Store>, Arc<dyn Vault>) = match &config.store.redis {
        Some(redis) => both(open_redis(redis, absent).await?),
        None => both(EmbeddedStore::open(&config.store.data_dir, clock.clone()).await?),
    };
    let ports = Ports { store, vault, clock, ids: Arc::new(RandomIds), embedder };
    let operations = Operations::new(&ports, &settings(config, &*ports.ids)?);
    Ok((ports, operations))
}

/// A store as what it is to the domain.
fn both<T: Store + Vault + 'static>(store: Arc<T>) -> (Arc<dyn Store>, Arc<dyn Vault>) {
    (store.clone(), store)
}

/// The keys alone: also while a server holds the embedded store.
pub async fn open_keys(config: &Config) -> Result<Keys, ComposeError> {
    let (ports, audit) = open_vault(config).await?;
    Ok(Keys::over(ports, audit))
}

/// The users alone: also while a server holds the embedded store.
pub async fn open_users(config: &Config) -> Result<Users, ComposeError> {
    let (ports, audit) = open_vault(config).await?;
    Ok(Users::over(ports, audit))
}

async fn open_vault(config: &Config) -> Result<(VaultPorts, Arc<Audit>), ComposeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let vault: Arc<dyn Vault> = match &config.store.redis {
        Some(redis) => open_redis(redis, Absent::Fail).await?,
        None => match EmbeddedStore::open(&config.store.data_dir, clock.clone()).await {
            Err(embedded::OpenError::Locked(_)) => {
                Beside::open(&config.store.data_dir, clock.clone()).await?
            }
            opened => opened?,
        },
    };
    let ports = VaultPorts { vault, clock, ids: Arc::new(RandomIds) };
    let audit = Arc::new(Audit::over(ports.clone(), config.audit.kept));
    Ok((ports, audit))
}

/// Keeps what is remembered of credentials true until `stop` is cancelled.
pub async fn watch_access(access: Arc<Access>, stop: CancellationToken) {
    stop.run_until_cancelled(access.watch()).await;
}

/// Prints a key with which the first administrator can be made, where there is none; asks until the store answers.
pub async fn announce_bootstrap(access: Arc<Access>, stop: CancellationToken) {
    let mut every = tokio::time::interval(BOOTSTRAP_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        match access.bootstrap().await {
            Ok(Some(key)) => {
                let key = key.expose();
                tracing::warn!(
                    key,
                    "there is no administrator: this bootstrap key makes the first one, and is good until then"
                );
                return;
            }
            Ok(None) => return,
            Err(error) => tracing::debug!(%error, "it is not known whether there is an administrator"),
        }
    }
}

async fn open_redis(redis: &config::Redis, absent: Absent) -> Result<Arc<RedisStore>, ComposeError> {
    let store = RedisStore::open(options(redis))?;
    let patience = if absent == Absent::Serve { PATIENCE_SERVING } else { PATIENCE };
    match store.ready(patience).await {
        Ok(()) => {}
        Err(error) if absent == Absent::Serve => {
            tracing::error!(
                error = told(&error),
                "Redis does not answer; what needs it is answered 503 until it does"
            );
        }
        Err(error) => return Err(ComposeError::Away(told(&error))),
    }
    Ok(store)
}

/// What makes vectors, where that is configured. No server is asked yet.
fn embedder(config: &config::Embedder) -> Result<Option<Arc<dyn Embedder>>, ComposeError> {
    Ok(match (&config.kind, &config.server) {
        (config::EmbedderKind::Minilm, _) => Some(match &config.model_dir {
            Some(directory) => Arc::new(BundledEmbedder::from_directory(directory, config.threads)?),
            None => Arc::new(BundledEmbedder::bundled(config.threads)?),
        }),
        (config::EmbedderKind::Http, Some(server)) => Some(Arc::new(HttpEmbedder::new(&HttpOptions {
            url: server.url.clone(),
            model: server.model.clone(),
            api_key: server.api_key.as_ref().map(|key| ApiKey(key.expose().to_owned())),
            timeout: server.timeout,
        })?)),
        _ => None,
    })
}

/// What a model made of one text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// The model.
    pub model: String,
    /// How many numbers its vectors have.
    pub dimensions: usize,
}

/// Loads the model that is configured and has it embed `text`; the error says why it does not.
pub async fn try_embedder(config: &Config, text: &str) -> Result<Tried, String> {
    let embedder = embedder(&config.embedder).map_err(|error| error.to_string())?;
    let embedder = embedder.ok_or("no embedder is configured")?;
    let vector = embedder.embed_query(text).await.map_err(|error| error.to_string())?;
    Ok(Tried { model: embedder.model().name.clone(), dimensions: vector.len() })
}

/// What is found in the directory of the embedded store, which is not changed; `None` where there is no database.
pub async fn examine_embedded(config: &Config) -> Result<Option<Embedded>, ComposeError> {
    Ok(embedded::examine(&config.store.data_dir).await?)
}

/// What the Redis that is configured says of itself.
pub async fn examine_redis(config: &Config) -> Result<RedisFacts, ComposeError> {
    let redis =
        config.store.redis.as_ref().ok_or_else(|| ComposeError::Away("none is configured".to_owned()))?;
    let store = open_redis(redis, Absent::Fail).await?;
    store.examine().await.map_err(|error| ComposeError::Away(told(&error)))
}

/// The data of the first version of ai-pm in the Redis at `url`.
pub async fn first_version(url: &str) -> Result<FirstVersion, String> {
    let redis = config::Redis::of_url(url)?;
    FirstVersion::open(&options(&redis)).await.map_err(|error| told(&error))
}

/// An error with what lies under it.
fn told(error: &pm_core::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn options(redis: &config::Redis) -> RedisOptions {
    RedisOptions {
        topology: match &redis.topology {
            config::Topology::Single => Topology::Single,
            config::Topology::Sentinel { service } => Topology::Sentinel { service: service.clone() },
            config::Topology::Cluster => Topology::Cluster,
        },
        nodes: redis.nodes.iter().map(|node| (node.host.clone(), node.port)).collect(),
        tls: redis.tls,
        tls_ca: redis.usage.tls_ca.clone(),
        db: redis.db,
        username: redis.username.clone(),
        password: redis.password.as_ref().map(|password| Password(password.expose().to_owned())),
        prefix: redis.usage.prefix.clone(),
        wait_replicas: redis.usage.wait_replicas,
    }
}

/// What the operations are told.
pub fn settings(config: &Config, ids: &dyn Ids) -> pm_core::Result<Settings> {
    let (memory, embedder) = (&config.memory, &config.embedder);
    let bytes = memory.index_memory_mb.saturating_mul(1024 * 1024);
    Ok(Settings {
        max_items: memory.max_items,
        limit_policy: match memory.limit_policy {
            config::LimitPolicy::Reject => LimitPolicy::Reject,
            config::LimitPolicy::EvictOldest => LimitPolicy::EvictOldest,
        },
        default_ttl: memory.default_ttl_seconds.map(u64::from),
        context_window: memory.context_window_size,
        confidence_threshold: memory.confidence_threshold,
        index_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        embedding_threads: embedder.threads,
        query_budget: embedder.query_budget,
        statics: embedder.kind != config::EmbedderKind::None,
        signing: signing(&config.auth, ids)?,
        audit_kept: config.audit.kept,
        access_token: Duration::from_mins(config.auth.access_token_minutes.into()),
    })
}

/// What tokens are signed with; where nothing is configured, a key that ends with the process.
fn signing(auth: &config::Auth, ids: &dyn Ids) -> pm_core::Result<Signing> {
    let bytes = |secret: &config::Secret| secret.expose().as_bytes().to_vec();
    Ok(Signing {
        algorithm: match auth.algorithm {
            config::Algorithm::HS256 => Algorithm::HS256,
            config::Algorithm::HS384 => Algorithm::HS384,
            config::Algorithm::HS512 => Algorithm::HS512,
        },
        key: match &auth.secret_key {
            Some(key) => bytes(key),
            None => ids.secret()?.to_vec(),
        },
        previous: auth.previous_secret_key.as_ref().map(bytes),
    })
}

/// Embeds items in the background until `stop` is cancelled; what is left is found at the next start.
pub async fn embed(embedding: Arc<Embedding>, stop: CancellationToken) {
    stop.run_until_cancelled(embedding.run()).await;
}

/// Removes expired items from the disk until `stop` is cancelled.
pub async fn sweep(store: Arc<dyn Store>, stop: CancellationToken) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        loop {
            match store.sweep(SWEEP_ITEMS).await {
                Ok(Swept { items, once, records }) if items.max(once).max(records) < SWEEP_ITEMS => {
                    failing = false;
                    break;
                }
                Ok(_) if stop.is_cancelled() => return,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    // Once for each time that the store is away, not every ten seconds.
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "expired items could not be removed; tried again later");
                    }
                    break;
                }
            }
        }
    }
}
