//! Bodies that tell the clock of their connection how they ended.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};

use super::clock::Clock;
use super::crowd::Crowd;

/// A body of which so much has come is no one's who dawdles: what reads it bounds what it may take.
const ENOUGH: usize = 16 * 1024;

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
    /// Where it waits for more, and at which place it does now.
    crowd: Arc<Crowd>,
    place: Option<u64>,
    /// Bytes that have come.
    come: usize,
}

impl<B: Body> Watched<B> {
    pub(super) fn new(body: B, side: Side, clock: Arc<Clock>, crowd: Arc<Crowd>) -> Self {
        Self { body, side, ended: false, clock, crowd, place: None, come: 0 }
    }

    /// The client has sent, or need not any more.
    fn waits_no_more(&mut self) {
        if let Some(place) = self.place.take() {
            self.crowd.leave(place);
        }
    }
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let waits = self.side == Side::Request && self.come < ENOUGH;
        if polled.is_pending() && waits && self.place.is_none() {
            self.place = Some(self.crowd.enter(&self.clock, cx.waker()));
        }
        let frame = ready!(polled);
        self.waits_no_more();
        if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
            self.come += data.map_or(0, Buf::remaining);
        }
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
        self.waits_no_more();
        match self.side {
            Side::Request if !self.ended && !self.body.is_end_stream() => self.clock.left_unread(),
            Side::Request => {}
            // `hyper` drops the body of an answer when it has taken the last of it.
            Side::Answer => self.clock.answered(),
        }
    }
}
