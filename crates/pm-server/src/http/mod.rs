//! Serves an application over HTTP/1.1, encrypted or not, and keeps slow or dead clients from holding on to the server.
//!
//! `hyper` has a limit on the time in which a head must arrive, but its clock starts when it begins to wait for the
//! head: the time in which a connection lies idle counts, so one limit would have to serve for both. Here a
//! clock of each connection tells the two apart, and watches writing as well.
//!
//! What `hyper` holds for a connection, some 16 kB of buffers, it holds from the first byte to the last. Here a connection
//! that waits for its client has none of it: what came of a head is kept, and `hyper` is begun anew when more comes.

mod accept;
mod body;
mod clock;
mod connection;
mod crowd;
mod descriptors;
mod encrypted;
mod listen;
mod signal;
mod timed;

use std::convert::Infallible;
use std::time::Duration;

use ::http::{Request, Response};
use axum::body::Body;
use tower::Service;

pub use self::accept::{Drained, serve};
pub use self::listen::bind;
pub use self::signal::{Hangups, terminated};

/// What answers requests; it is always ready.
pub trait App:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> App for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// How long a client may take, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a request's head, from its first byte; for that first byte, from when the connection was made; and for the
    /// handshake of a connection that is to be encrypted, before all that.
    pub head: Duration,
    /// Without taking a byte of an answer.
    pub write: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// For requests in flight to end, once the server is told to shut down.
    pub drain: Duration,
    /// Connections at a time; further ones wait in the backlog of the system.
    pub max_connections: usize,
    /// Connections at a time that have more to send of a body, or of a long head; beyond, the one that has been silent
    /// longest is cut.
    pub max_unfinished: usize,
}

impl Limits {
    /// The usual ones, with no more connections than the system lets the process have.
    pub fn of_system() -> Self {
        let usual = Self::default();
        Self { max_connections: usual.max_connections.min(descriptors::raise()), ..usual }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            write: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            drain: Duration::from_secs(4),
            max_connections: 16_384,
            max_unfinished: 512,
        }
    }
}

#[cfg(test)]
mod tests;
