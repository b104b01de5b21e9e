//! `ai-pm serve`.

use super::Failure;
use crate::compose::{self, Absent};
use crate::config::{Config, EmbedderKind};
use crate::server::Running;
use crate::{http, telemetry};

/// Runs the server until SIGTERM or SIGINT.
pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let _logs = telemetry::logs::init(&config.log).map_err(Failure::usage)?;
    let runtime = super::runtime()?;
    let served = runtime.block_on(serve(config));
    // A thread that is stuck in a read or a write is not waited for.
    runtime.shutdown_background();
    served
}

async fn serve(config: &Config) -> Result<(), Failure> {
    let terminated = http::terminated();
    let hangups = http::Hangups::hear();
    let (ports, operations) = compose::open(config, Absent::Serve).await.map_err(Failure::failed)?;
    tell(config);
    let server = Running::start(config, ports, operations).await.map_err(Failure::failed)?;
    tokio::select! {
        () = terminated => {}
        () = server.reload_at(hangups) => {}
    }
    tracing::info!("stopping: requests in flight are finished");
    server.stop().await.map_err(Failure::failed)
}

/// Says what was chosen, and what of the configuration has no effect.
fn tell(config: &Config) {
    let (kind, because) = (config.store.kind, &config.store.chosen_because);
    tracing::info!(store = ?kind, because, data_dir = %config.store.data_dir.display(), "store opened");
    match config.embedder.kind {
        EmbedderKind::None | EmbedderKind::Static | EmbedderKind::Minilm => {}
        EmbedderKind::Http => {
            let server = config.embedder.server.as_ref();
            let (url, model) = server.map(|it| (it.url.to_string(), it.model.as_str())).unwrap_or_default();
            tracing::info!(url, model, "the server that makes vectors is set up");
        }
    }
}
