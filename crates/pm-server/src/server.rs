//! The server as a whole: started from a configuration, stopped with grace.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::Uri;
use pm_core::operations::{Operations, Ports};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Environment};
use crate::http::{self, Drained, Hangups, Limits};
use crate::limit::Limiter;
use crate::mcp::{self, Agents};
use crate::rest::{self, Beside, Door, Gate};
use crate::tls::Encryption;
use crate::{compose, telemetry};

/// How long requests may go on after a stop before they are answered 503; what is left after `Limits::drain` is cut.
const HURRY_AFTER: Duration = Duration::from_secs(3);

/// The hosts that mean this machine, whoever asks; and what means any.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const ANY: &str = "*";

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
        let agents_operations = operations.clone();
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
            beside: vec![agents(config, agents_operations)],
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

/// The door for agents, behind the layers that requests to the API pass.
fn agents(config: &Config, operations: Operations) -> Beside {
    let server = &config.server;
    let allowed = mcp::http::Allowed {
        hosts: match &server.mcp_allowed_hosts {
            Some(hosts) if hosts.iter().any(|host| host == ANY) => None,
            Some(hosts) => Some(hosts.clone()),
            // Who needs a credential is not led here by a name.
            None if config.auth.required => None,
            None => Some(LOOPBACK.map(str::to_owned).into_iter().chain([server.host.clone()]).collect()),
        },
        origins: (!server.any_origin()).then(|| server.cors_origins.iter().map(|it| with_port(it)).collect()),
    };
    let service = mcp::http::Service::new(Agents::remote(operations), allowed);
    Beside {
        path: mcp::http::PATH,
        headers: &mcp::http::HEADERS,
        service: Arc::new(move |request| {
            let service = service.clone();
            Box::pin(async move { service.answer(request).await })
        }),
    }
}

/// An origin that names its port, also the usual one: without, any would pass.
fn with_port(origin: &str) -> String {
    let port = if origin.starts_with("https:") { 443 } else { 80 };
    let named = origin.parse::<Uri>().ok().and_then(|it| it.authority().map(|it| it.port_u16().is_some()));
    match named {
        Some(false) => format!("{origin}:{port}"),
        _ => origin.to_owned(),
    }
}

/// Serves agents over standard input and output until the input ends or the process is told to end.
pub async fn serve_agents(
    config: &Config,
    ports: Ports,
    operations: Operations,
    project: Option<String>,
) -> io::Result<()> {
    let terminated = http::terminated();
    let stop = CancellationToken::new();
    let background = [
        tokio::spawn(compose::sweep(ports.store.clone(), stop.clone())),
        tokio::spawn(compose::embed(operations.embedding.clone(), stop.clone())),
    ];
    let served = tokio::select! {
        served = mcp::stdio::serve(Agents::local(operations, project), config.server.max_body_bytes) => served,
        () = terminated => Ok(()),
    };
    stop.cancel();
    let closed = tokio::time::timeout(CLOSING, ports.store.close()).await;
    background.iter().for_each(JoinHandle::abort);
    served?;
    closed.unwrap_or(Ok(())).map_err(io::Error::other)
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
