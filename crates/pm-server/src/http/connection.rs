//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::Limits;
use super::body::{Side, Watched};
use super::clock::{Clock, Overdue};
use super::timed::{Socket, Timed};

/// What a connection may buffer of a head, and of an answer before it waits for the client.
const BUFFER_BYTES: usize = 64 * 1024;

/// How a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By agreement.
    Closed,
    /// By a fault of the client or of the network.
    Failed(hyper::Error),
    /// By a fault of the client before it had agreed on how to encrypt.
    NotEncrypted(io::Error),
    /// By us, because the client took too long.
    Cut(Overdue),
}

/// Serves a connection until it ends; from when `shutdown` is cancelled, only what is in flight.
pub(super) async fn drive<S: Socket>(
    stream: S,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
    shutdown: CancellationToken,
) -> Ended {
    let clock = Arc::new(Clock::new());
    let of_service = Arc::clone(&clock);
    let stop = shutdown.clone();
    let service =
        service_fn(move |request| answer(app.clone(), request, peer, Arc::clone(&of_service), stop.clone()));
    let mut connection = http1::Builder::new()
        // The clock does this.
        .header_read_timeout(None)
        // A client may close its side once it has asked, and still want the answer.
        .half_close(true)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Timed::new(stream, Arc::clone(&clock))), service);

    let ended = {
        let mut stopping = pin!(shutdown.cancelled());
        let mut alarm = pin!(sleep_until(Instant::now() + limits.head));
        let mut told = false;
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(outcome) = Pin::new(&mut connection).poll(cx) {
                    return Poll::Ready(outcome.map_or_else(Ended::Failed, |()| Ended::Closed));
                }
                let stop = told || stopping.as_mut().poll(cx).is_ready();
                if stop && !told && !clock.expects_request() {
                    told = true;
                    Pin::new(&mut connection).graceful_shutdown();
                    continue;
                }
                return overdue(&clock, &limits, stop, alarm.as_mut(), cx).map(Ended::Cut);
            }
        })
        .await
    };
    if let Ended::Cut(Overdue::Write) = ended {
        connection.into_parts().io.inner().get_ref().forget_unsent();
    }
    ended
}

/// Ready when the client has taken too long.
fn overdue(
    clock: &Clock,
    limits: &Limits,
    stop: bool,
    mut alarm: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
) -> Poll<Overdue> {
    loop {
        let Some((at, what)) = clock.deadline(limits, stop) else {
            return Poll::Pending;
        };
        // A later deadline is not set, but looked at when the alarm rings: an ordinary request touches no timer.
        if at < alarm.deadline() {
            alarm.as_mut().reset(at);
        }
        ready!(alarm.as_mut().poll(cx));
        if Instant::now() >= at {
            return Poll::Ready(what);
        }
        alarm.as_mut().reset(at);
    }
}

async fn answer(
    mut app: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    clock: Arc<Clock>,
    stop: CancellationToken,
) -> Result<Response<Watched<Body>>, Infallible> {
    clock.requested();
    let mut request = request.map(|body| Body::new(Watched::new(body, Side::Request, Arc::clone(&clock))));
    request.extensions_mut().insert(ConnectInfo(peer));
    // A `Router` is always ready.
    let mut answer = app.call(request).await?;
    if stop.is_cancelled() {
        // Otherwise the client might ask again on a connection that is about to be closed.
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer.map(|body| Watched::new(body, Side::Answer, clock)))
}

#[cfg(test)]
mod tests;
