//! What one connection is waiting for, and until when it may.
//!
//! All parts of a connection run in one task, so the lock is never contended; it is there because that task may move
//! between threads.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// How long a connection that is closed with something unread is read on, so that its client sees the answer.
const LINGER: Duration = Duration::from_secs(2);

/// How long a new connection is waited for when the server shuts down: its request may be on the way already.
pub(super) const FRESH_GRACE: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Made, and nothing has come yet.
    Fresh,
    /// A part of a head has come.
    Head,
    /// A request is being answered; what limits it is set there.
    Busy,
    /// An answer is handed over, and nothing has come since.
    Idle,
    /// Closed for writing, and read to the end.
    Lingering,
}

/// Why a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    Handshake,
    Head,
    Idle,
    Write,
    Linger,
    /// Not with anything: others wait for their clients too, and it had waited longest.
    Crowd,
    /// Nor with this: it is waited for without what serving takes.
    Rest,
}

/// How long a connection waits for its client before it gives up the buffers that serving takes.
const REST: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    write_blocked: Option<Instant>,
    body_unread: bool,
    crowded_out: bool,
}

/// The clock of one connection.
#[derive(Debug)]
pub(super) struct Clock(Mutex<State>);

impl Clock {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            phase: Phase::Fresh,
            since: Instant::now(),
            write_blocked: None,
            body_unread: false,
            crowded_out: false,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way; a poisoned state is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.state();
        state.phase = phase;
        state.since = Instant::now();
    }

    /// Bytes have come: while no request is being answered, they begin a head.
    ///
    /// A part of a head that came together with the request before it goes unseen until the next byte; until then it
    /// counts as idle.
    pub(super) fn arrived(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Fresh | Phase::Idle) {
            state.phase = Phase::Head;
            state.since = Instant::now();
        }
    }

    /// A head is complete.
    pub(super) fn requested(&self) {
        let mut state = self.state();
        state.phase = Phase::Busy;
        state.body_unread = false;
    }

    /// The body of the request was given up before its end.
    pub(super) fn left_unread(&self) {
        self.state().body_unread = true;
    }

    /// The connection is to give way to others.
    pub(super) fn crowd_out(&self) {
        self.state().crowded_out = true;
    }

    /// The last of an answer is handed over. Some of it may still wait to be written.
    pub(super) fn answered(&self) {
        self.enter(Phase::Idle);
    }

    /// Writing has to wait for the client, or need not any more.
    pub(super) fn write_blocked(&self, blocked: bool) {
        let mut state = self.state();
        let now = Instant::now();
        state.write_blocked = blocked.then_some(now);
        if state.phase == Phase::Idle {
            state.since = now;
        }
    }

    /// Closed for writing. Answers whether there may be something unread, so that the connection has to be read on.
    pub(super) fn closed(&self) -> bool {
        let unread = {
            let state = self.state();
            state.body_unread || state.phase == Phase::Head
        };
        if unread {
            self.enter(Phase::Lingering);
        }
        unread
    }

    /// Whether a server that shuts down should still wait for a request that is about to come.
    pub(super) fn expects_request(&self) -> bool {
        let state = self.state();
        match state.phase {
            Phase::Head => true,
            Phase::Fresh => state.since.elapsed() < FRESH_GRACE,
            Phase::Busy | Phase::Idle | Phase::Lingering => false,
        }
    }

    /// When the connection is overdue unless something happens first, and what it is overdue with. Only one that is
    /// `served` is overdue with a rest.
    pub(super) fn deadline(
        &self,
        limits: &Limits,
        shutting_down: bool,
        served: bool,
    ) -> Option<(Instant, Overdue)> {
        let state = self.state();
        if state.crowded_out {
            return Some((state.since, Overdue::Crowd));
        }
        let (limit, overdue) = match state.phase {
            Phase::Fresh if shutting_down => (Some(FRESH_GRACE.min(limits.head)), Overdue::Idle),
            Phase::Fresh | Phase::Head => (Some(limits.head), Overdue::Head),
            // An answer that is still being taken is not yet out.
            Phase::Idle if state.write_blocked.is_some() => (None, Overdue::Idle),
            Phase::Idle => (Some(limits.idle), Overdue::Idle),
            Phase::Lingering => (Some(LINGER), Overdue::Linger),
            Phase::Busy => (None, Overdue::Idle),
        };
        let client = limit.map(|limit| (state.since + limit, overdue));
        let answer = state.write_blocked.map(|since| (since + limits.write, Overdue::Write));
        let waits = matches!(state.phase, Phase::Fresh | Phase::Head | Phase::Idle);
        let rests = served && waits && state.write_blocked.is_none() && !state.body_unread;
        let rest = rests.then(|| (state.since + REST, Overdue::Rest));
        client.into_iter().chain(answer).chain(rest).min_by_key(|(at, _)| *at)
    }
}
