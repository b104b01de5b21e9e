//! From a bare stream to an encrypted one.

use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::clock::{FRESH_GRACE, Overdue};
use super::connection::Ended;
use super::timed::Socket;

impl<S: Socket> Socket for TlsStream<S> {
    fn forget_unsent(&self) {
        self.get_ref().0.forget_unsent();
    }
}

/// Agrees with the client on how to encrypt, within the time for a head; of a server that shuts down, within that for a
/// connection that has not asked yet.
pub(super) async fn handshake<S: Socket>(
    stream: S,
    acceptor: TlsAcceptor,
    limits: &Limits,
    shutdown: &CancellationToken,
) -> Result<TlsStream<S>, Ended> {
    let hurried = async {
        shutdown.cancelled().await;
        sleep(FRESH_GRACE).await;
    };
    tokio::select! {
        biased;
        outcome = acceptor.accept(stream) => outcome.map_err(Ended::NotEncrypted),
        () = sleep(limits.head) => Err(Ended::Cut(Overdue::Handshake)),
        () = hurried => Err(Ended::Cut(Overdue::Handshake)),
    }
}

#[cfg(test)]
pub(super) mod tests;
