//! Puts a store and the operations together, as the configuration has it. Nothing else names the stores there are.

use std::sync::Arc;
use std::time::Duration;

use pm_core::operations::{Operations, Ports, Settings};
use pm_core::ports::{Clock, LimitPolicy, RandomIds, Store, SystemClock};
use pm_store::embedded::{EmbeddedStore, OpenError};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config, StoreKind};

/// How often expired items are removed from the disk; that they are gone for readers does not wait for it.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// The most that one step of a sweep removes, so that writers are not held up.
const SWEEP_ITEMS: usize = 500;

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The embedded store could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The configuration asks for what this version does not have.
    #[error("STORE=redis ({0}): this version has the embedded store alone; set STORE=embedded")]
    NoRedis(String),
}

/// Opens the store and puts the operations over it.
pub async fn open(config: &Config) -> Result<(Ports, Operations), ComposeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store: Arc<dyn Store> = match config.store.kind {
        StoreKind::Embedded => EmbeddedStore::open(&config.store.data_dir, clock.clone()).await?,
        StoreKind::Redis => return Err(ComposeError::NoRedis(config.store.chosen_because.clone())),
    };
    let ports = Ports { store, clock, ids: Arc::new(RandomIds) };
    let operations = Operations::new(&ports, &settings(&config.memory));
    Ok((ports, operations))
}

/// What the operations are told.
pub fn settings(memory: &config::Memory) -> Settings {
    let bytes = memory.index_memory_mb.saturating_mul(1024 * 1024);
    Settings {
        max_items: memory.max_items,
        limit_policy: match memory.limit_policy {
            config::LimitPolicy::Reject => LimitPolicy::Reject,
            config::LimitPolicy::EvictOldest => LimitPolicy::EvictOldest,
        },
        default_ttl: memory.default_ttl_seconds.map(u64::from),
        context_window: memory.context_window_size,
        confidence_threshold: memory.confidence_threshold,
        index_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
    }
}

/// Removes expired items from the disk until `stop` is cancelled.
pub async fn sweep(store: Arc<dyn Store>, stop: CancellationToken) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        loop {
            match store.sweep(SWEEP_ITEMS).await {
                Ok(swept) if swept.items < SWEEP_ITEMS && swept.once < SWEEP_ITEMS => break,
                Ok(_) if stop.is_cancelled() => return,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::warn!(%error, "expired items could not be removed; tried again later");
                    break;
                }
            }
        }
    }
}
