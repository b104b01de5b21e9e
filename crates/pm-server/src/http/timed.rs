//! A stream that tells the clock of its connection what goes through it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::clock::Clock;

/// A stream to a client.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// Makes the system drop what the client did not take, rather than keep it after the stream is closed.
    fn forget_unsent(&self);
}

impl Socket for TcpStream {
    fn forget_unsent(&self) {
        // Should it fail, the system keeps the bytes until its own timeout.
        let _ = self.set_zero_linger();
    }
}

/// A stream that tells the clock of its connection what goes through it.
#[derive(Debug)]
pub(super) struct Timed<S> {
    stream: S,
    clock: Arc<Clock>,
    /// What was read already and is to be read again.
    before: Bytes,
    write_blocked: bool,
    lingering: bool,
}

/// The most that is read of a connection at rest before it is served again.
const FIRST: usize = 512;

impl<S: Socket> Timed<S> {
    pub(super) fn new(stream: S, clock: Arc<Clock>) -> Self {
        Self { stream, clock, before: Bytes::new(), write_blocked: false, lingering: false }
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Has `bytes`, which came and were not used, read again before all else.
    pub(super) fn read_again(&mut self, bytes: &[u8]) {
        self.before = Bytes::copy_from_slice(bytes);
    }

    /// How much there is to be read again.
    pub(super) fn kept(&self) -> usize {
        self.before.len()
    }

    /// Ready when something has come, or the client has closed its side.
    pub(super) fn poll_wake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; FIRST];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        if !buffer.filled().is_empty() {
            self.clock.arrived();
            self.before = [&self.before, buffer.filled()].concat().into();
        }
        Poll::Ready(Ok(()))
    }

    /// Notes the outcome of a write. The clock is asked only when something changes.
    fn wrote<T>(&mut self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if self.write_blocked != outcome.is_pending() {
            self.write_blocked = outcome.is_pending();
            self.clock.write_blocked(self.write_blocked);
        }
        outcome
    }
}

impl<S: Socket> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let count = self.before.len().min(buffer.remaining());
            buffer.put_slice(&self.before.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.clock.arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An encrypted stream takes some of what it is given before the client has taken it.
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.wrote(outcome)
    }

    /// Closes for writing, and then reads on where the client may still be sending: closing a socket with unread bytes
    /// resets it, and a reset takes the answer from a client that has not read it yet.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.lingering {
            let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
            ready!(self.wrote(outcome))?;
            self.lingering = self.clock.closed();
        }
        let mut bytes = [0; 4096];
        while self.lingering {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            self.lingering = read.is_ok() && !buffer.filled().is_empty();
        }
        Poll::Ready(Ok(()))
    }
}
