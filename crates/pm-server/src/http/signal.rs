//! When the operator or the system wants the server to end.

/// Waits for SIGTERM or SIGINT (elsewhere than on Unix: Ctrl-C).
pub async fn terminated() {
    if let Err(error) = wait().await {
        tracing::error!(%error, "signals cannot be heard; end the process by force");
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn wait() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn wait() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
