//! Room for bodies: the memory that those of all requests take together is bounded.
//!
//! Small bodies need none. A larger one waits for room before it is read, for all of it at once, so that no two wait for
//! each other; and for room for what is made of it, which it keeps until its request is answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::rest::problem::{Code, Problem};

/// Bodies up to this size need no room.
pub(super) const SMALL: usize = 16 * 1024;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(10);
/// While others wait for room, who has it must send so many bytes in each span of such length.
const PACE: (usize, Duration) = (64 * 1024, Duration::from_secs(2));
/// Bodies that wait at a time; who comes then is told to try again.
const WAITING: usize = 64;
/// What a connection takes beside the bytes of its body.
const CONNECTION: usize = 32 * 1024;
/// What room is counted in.
const UNIT: usize = 1024;

/// The room of a server.
#[derive(Debug)]
pub(super) struct Room {
    arriving: Arc<Semaphore>,
    made: Arc<Semaphore>,
    waiting: AtomicUsize,
    largest: usize,
}

impl Room {
    /// Room for two bodies of the largest size that arrive, and for what is made of one of them at least.
    pub(super) fn new(largest: usize) -> Self {
        let units = |bytes| Arc::new(Semaphore::new(units(bytes)));
        Self {
            arriving: units(largest.saturating_mul(2)),
            made: units(heaviest(largest)),
            waiting: AtomicUsize::new(0),
            largest,
        }
    }

    /// Room for a body of so many bytes to arrive.
    pub(super) async fn to_arrive(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let _place = Place::take(&self.waiting)?;
        got(&self.arriving, bytes.saturating_add(CONNECTION).min(self.largest)).await
    }

    /// Room for what is made of a body; it may not be heavier than [`heaviest`].
    pub(super) async fn to_be_made(&self, weight: usize) -> Result<OwnedSemaphorePermit, Problem> {
        got(&self.made, weight.min(heaviest(self.largest))).await
    }
}

/// A place among those who wait, given back however the wait ends.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Problem> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < WAITING { Ok(place) } else { Err(crowded()) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn crowded() -> Problem {
    Problem::new(Code::RateLimited, "too many large bodies come at a time: try again")
}

async fn got(room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
    let wanted = u32::try_from(units(bytes)).unwrap_or(u32::MAX);
    let asked = Arc::clone(room).acquire_many_owned(wanted);
    tokio::time::timeout(PATIENCE, asked).await.map_err(|_| crowded())?.map_err(|_| crowded())
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS)
}

/// The most that may be made of a body: a thousand items with a vector of 384 numbers each, or with fifty small objects.
pub(super) fn heaviest(largest: usize) -> usize {
    largest.saturating_mul(4)
}

/// Whether a body with room comes fast enough.
pub(super) struct Pace {
    since: Instant,
    bytes: usize,
}

impl Pace {
    pub(super) const SPAN: Duration = PACE.1;

    pub(super) fn new() -> Self {
        Self { since: Instant::now(), bytes: 0 }
    }

    /// So many bytes have come; fails if they are too few and others wait.
    pub(super) fn come(&mut self, bytes: usize, room: &Room) -> Result<(), Problem> {
        self.bytes += bytes;
        if self.since.elapsed() < PACE.1 {
            return Ok(());
        }
        if self.bytes < PACE.0 && room.waiting.load(Ordering::Relaxed) > 0 {
            return Err(Problem::new(Code::MalformedRequest, "the body came slowly while others waited"));
        }
        *self = Self::new();
        Ok(())
    }
}

/// What a request holds of the room until it is answered.
#[derive(Clone, Debug, Default)]
pub struct Burden(Arc<OnceLock<OwnedSemaphorePermit>>);

impl Burden {
    pub(super) fn carry(&self, room: OwnedSemaphorePermit) {
        // A request has one body.
        let _ = self.0.set(room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: usize = 1024 * 1024;

    fn is_refused<T>(answer: &Result<T, Problem>) -> bool {
        answer.as_ref().is_err_and(|problem| problem.code() == Code::RateLimited)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_waits_for_room_and_not_for_ever() {
        let room = Room::new(LARGEST);
        let (first, second) = (room.to_arrive(LARGEST).await, room.to_arrive(LARGEST).await);
        assert!(first.is_ok() && second.is_ok(), "two of the largest arrive at a time");
        assert!(is_refused(&room.to_arrive(1).await), "nobody makes room");
        let waits = room.to_arrive(LARGEST);
        let goes = async {
            tokio::time::sleep(PATIENCE / 2).await;
            drop(first);
        };
        assert!(tokio::join!(waits, goes).0.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_when_too_many_wait_is_told_at_once() {
        let room = Arc::new(Room::new(LARGEST));
        let held = (room.to_arrive(LARGEST).await, room.to_arrive(LARGEST).await);
        let wait = || {
            let room = Arc::clone(&room);
            tokio::spawn(async move { room.to_arrive(1).await.map(drop) })
        };
        let waiting: Vec<_> = (0..WAITING).map(|_| wait()).collect();
        while room.waiting.load(Ordering::Relaxed) < WAITING {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        assert!(is_refused(&room.to_arrive(1).await));
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(held);
        for waiter in waiting {
            assert!(waiter.await.unwrap().is_ok());
        }
        assert!(room.to_arrive(1).await.is_ok(), "places are given back");
    }

    #[tokio::test(start_paused = true)]
    async fn the_heaviest_body_has_room_by_itself() {
        let room = Room::new(LARGEST);
        let heaviest = room.to_be_made(heaviest(LARGEST)).await;
        assert!(heaviest.is_ok());
        assert!(is_refused(&room.to_be_made(1).await));
        drop(heaviest);
        assert!(
            room.to_be_made(usize::MAX).await.is_ok(),
            "what is refused before does not wait here for ever"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_as_long_as_nobody_waits() {
        let room = Room::new(LARGEST);
        let mut pace = Pace::new();
        tokio::time::advance(PACE.1).await;
        assert!(pace.come(1, &room).is_ok());
        let _waiting = Place::take(&room.waiting);
        tokio::time::advance(PACE.1).await;
        assert!(pace.come(PACE.0, &room).is_ok(), "fast enough");
        tokio::time::advance(PACE.1).await;
        assert!(pace.come(PACE.0 - 1, &room).is_err());
    }
}
