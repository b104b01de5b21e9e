//! Those who make the server wait with something in its hands: a body of which more is to come, a long head.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::clock::Clock;

/// Connections that wait so, each with some 30 kB. Who has waited longest gives way to who comes then: a client that sends
/// is soon gone from here, one that dawdles is not.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    of: BTreeMap<u64, (Arc<Clock>, Waker)>,
}

impl Crowd {
    pub(super) fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::default() }
    }

    /// Has a connection wait, which is woken with its clock saying so if it has to give way; its place.
    pub(super) fn enter(&self, clock: &Arc<Clock>, waker: &Waker) -> u64 {
        let (place, gone) = {
            let mut waiting = self.waiting();
            let place = waiting.next;
            waiting.next += 1;
            waiting.of.insert(place, (Arc::clone(clock), waker.clone()));
            let full = waiting.of.len() > self.most;
            (place, if full { waiting.of.pop_first() } else { None })
        };
        if let Some((_, (clock, waker))) = gone {
            clock.crowd_out();
            waker.wake();
        }
        place
    }

    /// The connection at this place waits no more.
    pub(super) fn leave(&self, place: u64) {
        self.waiting().of.remove(&place);
    }

    // Nothing here panics halfway through a change.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
