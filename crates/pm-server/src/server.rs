//! The server as a whole: started from a configuration, stopped with grace.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pm_core::operations::{Operations, Ports};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Environment};
use crate::http::{self, Drained, Hangups, Limits};
use crate::limit::Limiter;
use crate::rest::{self, Door, Gate};
use crate::tls::Encryption;
use crate::{compose, telemetry};

/// How long requests may go on after a stop before they are answered 503; what is left after `Limits::drain` is cut.
const HURRY_AFTER: Duration = Duration::from_secs(3);

/// How long the store may take to close. With the time for requests before it, the server ends within 5 seconds.
const CLOSING: Duration = Duration::from_secs(1);

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    encryption: Option<Arc<Encryption>>,
    ports: Ports,
    accepting: JoinHandle<Drained>,
    background: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts a server over `ports` at the configured address; port 0 takes any that is free.
    pub async fn start(config: &Config, ports: Ports, operations: Operations) -> io::Result<Self> {
        let encryption = config.server.tls.clone().map(Encryption::open).transpose();
        let encryption = encryption.map_err(io::Error::other)?.map(Arc::new);
        let listener = http::bind(&config.server.host, config.server.port).await?;
        let address = listener.local_addr()?;
        let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
        let (embedding, access) = (operations.embedding.clone(), operations.access.clone());
        let app = rest::api(rest::Parts {
            operations,
            ports: ports.clone(),
            max_body_bytes: config.server.max_body_bytes,
            cors_origins: config.server.cors_origins.clone(),
            documents: config.server.docs_enabled,
            gate: gate(config),
            encrypted: encryption.is_some(),
            limiter: Arc::new(Limiter::new(
                config.rate_limit,
                config.server.trusted_proxies.clone(),
                ports.store.clone(),
                ports.clock.clone(),
            )),
            hurry: hurry.clone(),
        });
        let mut background = vec![
            telemetry::metrics::install().spawn_upkeep(stop.clone()),
            tokio::spawn(compose::sweep(ports.store.clone(), stop.clone())),
            tokio::spawn(compose::embed(embedding, stop.clone())),
            tokio::spawn(compose::watch_access(access.clone(), stop.clone())),
            tokio::spawn(hasten(stop.clone(), hurry)),
        ];
        if config.auth.required {
            background.push(tokio::spawn(compose::announce_bootstrap(access, stop.clone())));
        }
        let serving = http::serve(listener, app, encryption.clone(), Limits::of_system(), stop.clone());
        let accepting = tokio::spawn(serving);
        tracing::info!(%address, tls = encryption.is_some(), version = env!("CARGO_PKG_VERSION"), "listening");
        Ok(Self { address, stop, encryption, ports, accepting, background })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads the certificate and its key anew at each of `hangups`, for connections that come after it.
    pub async fn reload_at(&self, mut hangups: Hangups) {
        loop {
            hangups.next().await;
            let Some(encryption) = self.encryption.clone() else {
                tracing::info!("SIGHUP is ignored: without TLS_CERT there is nothing to read anew");
                continue;
            };
            let files = encryption.files().clone();
            // Files are read on a thread that may wait for them.
            match tokio::task::spawn_blocking(move || encryption.reload()).await {
                Ok(Ok(())) => {
                    tracing::info!(certificate = %files.certificate.display(), "certificate read anew");
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "the new certificate cannot be used; the one before stays in use");
                }
                Err(error) => tracing::error!(%error, "the certificate was not read anew"),
            }
        }
    }

    /// Takes no more connections, lets requests in flight finish, then closes the store.
    pub async fn stop(self) -> pm_core::Result<()> {
        self.stop.cancel();
        let drained = self.accepting.await.map_err(pm_core::Error::internal)?;
        match tokio::time::timeout(CLOSING, self.ports.store.close()).await {
            Ok(closed) => closed?,
            // What was acknowledged is safe; what was not may or may not have happened, as for a server that is killed.
            Err(_) => {
                tracing::warn!("the store is stuck and was not closed: its next start puts it in order");
            }
        }
        self.background.iter().for_each(JoinHandle::abort);
        tracing::info!(cut = drained.cut, "stopped");
        Ok(())
    }
}

/// Some time after `stop`, gives up the requests that are still at work.
async fn hasten(stop: CancellationToken, hurry: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(HURRY_AFTER).await;
    hurry.cancel();
}

fn gate(config: &Config) -> Gate {
    let usual = match config.environment {
        Environment::Development => Door::Open,
        Environment::Test | Environment::Production => Door::Guarded,
    };
    Gate {
        auth_required: config.auth.required,
        // What is not there is not guarded either: whoever asks is told that there is no such route.
        documents: if config.server.docs_enabled { usual } else { Door::Open },
        metrics: match config.auth.metrics {
            Some(true) => Door::Locked,
            Some(false) => Door::Open,
            None => usual,
        },
    }
}
