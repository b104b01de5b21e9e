//! Bodies that tell the clock of their connection how they ended.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};

use super::clock::Clock;

/// Which body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Answer,
}

/// A body that tells the clock of its connection how it ended.
#[derive(Debug)]
pub(super) struct Watched<B: Body> {
    body: B,
    side: Side,
    ended: bool,
    clock: Arc<Clock>,
}

impl<B: Body> Watched<B> {
    pub(super) fn new(body: B, side: Side, clock: Arc<Clock>) -> Self {
        Self { body, side, ended: false, clock }
    }
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.ended |= frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Drop for Watched<B> {
    fn drop(&mut self) {
        match self.side {
            Side::Request if !self.ended && !self.body.is_end_stream() => self.clock.left_unread(),
            Side::Request => {}
            // `hyper` drops the body of an answer when it has taken the last of it.
            Side::Answer => self.clock.answered(),
        }
    }
}
