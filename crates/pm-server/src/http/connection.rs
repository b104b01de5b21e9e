//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::body::{Side, Watched};
use super::clock::{Clock, Overdue};
use super::crowd::Crowd;
use super::timed::{Socket, Timed};
use super::{App, Limits};

/// What a connection may buffer of a head, and of an answer before it waits for the client.
const BUFFER_BYTES: usize = 64 * 1024;

/// From how many bytes on a head that is not whole counts among what waits with something in hand.
const LONG_HEAD: usize = 2 * 1024;

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

/// What came of serving a connection.
enum Served<S> {
    Ended(Ended),
    /// It waits for its client, and what came of the next head is to be read again.
    Rests(Timed<S>),
}

/// What serving a connection takes.
struct Host<A> {
    peer: SocketAddr,
    app: A,
    limits: Limits,
    crowd: Arc<Crowd>,
    shutdown: CancellationToken,
    clock: Arc<Clock>,
}

/// Serves a connection until it ends; from when `shutdown` is cancelled, only what is in flight.
pub(super) async fn drive<A: App, S: Socket>(
    stream: S,
    peer: SocketAddr,
    app: A,
    limits: Limits,
    crowd: Arc<Crowd>,
    shutdown: CancellationToken,
) -> Ended {
    let clock = Arc::new(Clock::new());
    let mut stream = Timed::new(stream, Arc::clone(&clock));
    let host = Host { peer, app, limits, crowd, shutdown, clock };
    let mut alarm = Box::pin(sleep_until(Instant::now() + limits.head));
    loop {
        if let Some(ended) = host.wait(&mut stream, alarm.as_mut()).await {
            return ended;
        }
        // In a box: of what waits there are thousands.
        match Box::pin(host.serve(stream, alarm.as_mut())).await {
            Served::Ended(ended) => return ended,
            Served::Rests(again) => stream = again,
        }
    }
}

impl<A: App> Host<A> {
    /// Waits until the client sends, with nothing in hand but what came of its head; or the end of the connection.
    async fn wait<S: Socket>(&self, stream: &mut Timed<S>, mut alarm: Pin<&mut Sleep>) -> Option<Ended> {
        let mut stopping = pin!(self.shutdown.cancelled());
        let mut place = None;
        let ended = poll_fn(|cx| {
            match stream.poll_wake(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(None),
                Poll::Ready(Err(_)) => return Poll::Ready(Some(Ended::Closed)),
                Poll::Pending => {}
            }
            let stop = self.shutdown.is_cancelled() || stopping.as_mut().poll(cx).is_ready();
            if stop && !self.clock.expects_request() {
                return Poll::Ready(Some(Ended::Closed));
            }
            if place.is_none() && stream.kept() > LONG_HEAD {
                place = Some(self.crowd.enter(&self.clock, cx.waker()));
            }
            overdue(&self.clock, &self.limits, (stop, false), alarm.as_mut(), cx)
                .map(|what| Some(Ended::Cut(what)))
        })
        .await;
        if let Some(place) = place {
            self.crowd.leave(place);
        }
        ended
    }

    async fn serve<S: Socket>(&self, stream: Timed<S>, mut alarm: Pin<&mut Sleep>) -> Served<S> {
        let service = service_fn(|request| self.answer(request));
        let mut connection = http1::Builder::new()
            // The clock does this.
            .header_read_timeout(None)
            // A client may close its side once it has asked, and still want the answer.
            .half_close(true)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let ended = {
            let mut stopping = pin!(self.shutdown.cancelled());
            let mut told = false;
            poll_fn(|cx| {
                loop {
                    if let Poll::Ready(outcome) = Pin::new(&mut connection).poll(cx) {
                        return Poll::Ready(outcome.map_or_else(Ended::Failed, |()| Ended::Closed));
                    }
                    let stop = told || stopping.as_mut().poll(cx).is_ready();
                    if stop && !told && !self.clock.expects_request() {
                        told = true;
                        Pin::new(&mut connection).graceful_shutdown();
                        continue;
                    }
                    return overdue(&self.clock, &self.limits, (stop, !told), alarm.as_mut(), cx)
                        .map(Ended::Cut);
                }
            })
            .await
        };
        match ended {
            Ended::Cut(Overdue::Rest) => {
                let parts = connection.into_parts();
                let mut stream = parts.io.into_inner();
                stream.read_again(&parts.read_buf);
                return Served::Rests(stream);
            }
            Ended::Cut(Overdue::Write | Overdue::Crowd) => {
                connection.into_parts().io.inner().get_ref().forget_unsent();
            }
            _ => {}
        }
        Served::Ended(ended)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Watched<Body>>, Infallible> {
        let (clock, crowd) = (&self.clock, &self.crowd);
        clock.requested();
        let watched = |body| Watched::new(body, Side::Request, Arc::clone(clock), Arc::clone(crowd));
        let mut request =
            request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(watched(body)) });
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let mut answer = self.app.clone().call(request).await?;
        if self.shutdown.is_cancelled() {
            // Otherwise the client might ask again on a connection that is about to be closed.
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(answer.map(|body| Watched::new(body, Side::Answer, Arc::clone(clock), Arc::clone(crowd))))
    }
}

/// Ready when the client has taken too long.
fn overdue(
    clock: &Clock,
    limits: &Limits,
    (stop, served): (bool, bool),
    mut alarm: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
) -> Poll<Overdue> {
    loop {
        let Some((at, what)) = clock.deadline(limits, stop, served) else {
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

#[cfg(test)]
mod tests;
