//! Takes connections until the server shuts down, and sees them end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Ended, drive};
use super::crowd::Crowd;
use super::encrypted::handshake;
use super::{App, Limits};
use crate::tls::Encryption;

/// The pause after the system refused a connection, so that a lack of file descriptors does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(200);

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still in flight when the time to drain had passed, and were cut.
    pub cut: usize,
}

/// Serves `app` until `shutdown` is cancelled and the connections have ended, or [`Limits::drain`] has passed.
///
/// Where there is `encryption`, connections are encrypted, those that begin from then on with what it then has.
///
/// Every request carries the address of its client as [`axum::extract::ConnectInfo`]. On shutdown idle connections are
/// closed at once; a request that has begun to arrive is still answered.
pub async fn serve<A: App>(
    listener: TcpListener,
    app: A,
    encryption: Option<Arc<Encryption>>,
    limits: Limits,
    shutdown: CancellationToken,
) -> Drained {
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let crowd = Arc::new(Crowd::new(limits.max_unfinished));
    let places = Arc::new(Semaphore::new(limits.max_connections));
    // What has connected before the shutdown is accepted first: its request may be on the way already.
    while let Some(Ok(place)) = before(&shutdown, Arc::clone(&places).acquire_owned()).await {
        let Some((stream, client)) = before(&shutdown, accept(&listener)).await else { break };
        let (app, stop, cut, crowd) = (app.clone(), shutdown.clone(), cut.clone(), Arc::clone(&crowd));
        let acceptor = encryption.as_deref().map(Encryption::acceptor);
        connections.spawn(async move {
            let served = async {
                match acceptor {
                    None => drive(stream, client, app, limits, crowd, stop).await,
                    // In a box, so that a bare connection does not take as much memory as an encrypted one.
                    Some(acceptor) => {
                        Box::pin(encrypted(stream, client, acceptor, app, limits, crowd, stop)).await
                    }
                }
            };
            if let Some(ended) = cut.run_until_cancelled(served).await {
                report(&ended, client);
            }
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    let in_time = tokio::time::timeout(limits.drain, connections.wait()).await.is_ok();
    let left = if in_time { 0 } else { connections.len() };
    cut.cancel();
    connections.wait().await;
    Drained { cut: left }
}

/// Serves a connection that is to be encrypted.
async fn encrypted<A: App>(
    stream: TcpStream,
    client: SocketAddr,
    acceptor: TlsAcceptor,
    app: A,
    limits: Limits,
    crowd: Arc<Crowd>,
    stop: CancellationToken,
) -> Ended {
    match handshake(stream, acceptor, &limits, &stop).await {
        Ok(stream) => drive(stream, client, app, limits, crowd, stop).await,
        Err(ended) => ended,
    }
}

/// What comes of `future`, unless the server shuts down while it is waited for. What is ready counts, even then.
async fn before<T>(shutdown: &CancellationToken, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        outcome = future => Some(outcome),
        () = shutdown.cancelled() => None,
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                // Answers are written whole; waiting to fill a packet would only delay them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%client, %error, "TCP_NODELAY is not set");
                }
                // An IPv4 client of an IPv6 socket is known by its IPv4 address.
                return (stream, SocketAddr::new(client.ip().to_canonical(), client.port()));
            }
            Err(error) if is_of_one_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted for the moment");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the error concerns a client that is gone again, rather than the server.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn report(ended: &Ended, client: SocketAddr) {
    match ended {
        Ended::Closed => {}
        Ended::NotEncrypted(error) => tracing::debug!(%client, %error, "no TLS"),
        Ended::Failed(error) => tracing::debug!(%client, %error, "connection failed"),
        Ended::Cut(what) => tracing::debug!(%client, overdue = ?what, "connection cut"),
    }
}
