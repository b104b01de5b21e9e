//! When the operator or the system wants the server to end, or to read its files anew.

use std::io;

/// Hears SIGTERM and SIGINT (elsewhere than on Unix: Ctrl-C) from now on; the future ends with the first of them.
///
/// A signal that comes before this is called ends the process as the system does, without grace.
pub fn terminated() -> impl Future<Output = ()> {
    let signals = hear();
    async move {
        match signals {
            Ok(first) => first.await,
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard; end the process by force");
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The SIGHUPs of the process: none elsewhere than on Unix.
#[derive(Debug)]
pub struct Hangups {
    #[cfg(unix)]
    heard: io::Result<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// Hears them from now on; one that comes before ends the process, as the system does.
    pub fn hear() -> Self {
        Self {
            #[cfg(unix)]
            heard: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
                .inspect_err(|error| tracing::error!(%error, "SIGHUP cannot be heard")),
        }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if let Ok(signal) = &mut self.heard
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
fn hear() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn hear() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C cannot be heard; end the process by force");
            std::future::pending::<()>().await;
        }
    })
}
