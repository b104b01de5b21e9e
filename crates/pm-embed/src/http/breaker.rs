//! Keeps calls from a server that is away, so that nobody waits for it and it can come back.

use std::hash::RandomState;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::fault::Fault;
use super::retry::grown;

/// Failures in a row after which no call is made.
const FAILURES: u32 = 5;
/// The first pause without calls; it doubles each time that the call after it fails.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_mins(1);

/// Lets calls through while the server answers; after failures, one at a time and with pauses.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
    random: RandomState,
}

#[derive(Debug, Default)]
struct State {
    /// Failures in a row while it is closed.
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// How often it has opened in a row.
    times: u32,
    until: Instant,
    /// Whether a call is under way that tells whether the server is back.
    probing: bool,
    because: String,
}

/// Leave for one call. Dropped without a word, as by a caller that no longer waits, it says nothing of the server.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    /// Leave for a call; or why there is none.
    pub(super) fn permit(&self) -> Result<Permit<'_>, Fault> {
        let mut state = self.state();
        let Some(open) = &mut state.open else { return Ok(Permit { breaker: self, probe: false }) };
        if open.probing || Instant::now() < open.until {
            return Err(Fault::lasting(format!(
                "it failed again and again and is left alone: {}",
                open.because
            )));
        }
        open.probing = true;
        Ok(Permit { breaker: self, probe: true })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self, times: u32, fault: &Fault) -> Open {
        metrics::counter!("embedder_breaker_opened_total").increment(1);
        metrics::gauge!("embedder_breaker_open").set(1.0);
        let pause = grown(FIRST, LONGEST, times, &self.random);
        let pause = pause.max(fault.after.unwrap_or_default().min(LONGEST));
        Open { times: times + 1, until: Instant::now() + pause, probing: false, because: fault.what.clone() }
    }
}

impl Permit<'_> {
    /// The server is there.
    pub(super) fn answered(self) {
        let mut state = self.breaker.state();
        let was_open = mem::take(&mut *state).open.is_some();
        drop(state);
        if was_open {
            metrics::gauge!("embedder_breaker_open").set(0.0);
            tracing::info!("the embedder answers again");
        }
    }

    /// The call failed, and not for its text.
    pub(super) fn failed(mut self, fault: &Fault) {
        let mut state = self.breaker.state();
        match &state.open {
            // A call that began before it opened: known by now.
            Some(_) if !self.probe => return,
            Some(open) => state.open = Some(self.breaker.opened(open.times, fault)),
            None => {
                state.failures += 1;
                if state.failures < FAILURES {
                    return;
                }
                state.open = Some(self.breaker.opened(0, fault));
                tracing::warn!(
                    because = fault.what,
                    "the embedder failed {FAILURES} times in a row; it is asked again after a pause"
                );
            }
        }
        drop(state);
        self.probe = false;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.probe {
            return;
        }
        if let Some(open) = &mut self.breaker.state().open {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn fail(breaker: &Breaker) {
        breaker.permit().unwrap().failed(&Fault::passing("no"));
    }

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        (0..FAILURES).for_each(|_| fail(&breaker));
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_says_why() {
        let breaker = Breaker::default();
        (1..FAILURES).for_each(|_| fail(&breaker));
        breaker.permit().unwrap().answered();
        (1..FAILURES).for_each(|_| fail(&breaker));
        drop(breaker.permit().unwrap());
        fail(&breaker);
        let fault = breaker.permit().unwrap_err();
        assert_eq!(fault.what, "it failed again and again and is left alone: no");
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_sees_whether_the_server_is_back() {
        let breaker = opened();
        advance(FIRST).await;
        let probe = breaker.permit().unwrap();
        assert!(breaker.permit().is_err(), "one at a time");
        drop(probe);
        let probe = breaker.permit().expect("the place of a caller that left is free");
        probe.answered();
        let (one, two) = (breaker.permit(), breaker.permit());
        assert!(one.is_ok() && two.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_grows_up_to_a_bound() {
        let breaker = opened();
        for times in 1..10 {
            advance(LONGEST).await;
            fail(&breaker);
            let pause = FIRST.saturating_mul(2_u32.pow(times)).min(LONGEST);
            advance(pause * 49 / 100).await;
            assert!(breaker.permit().is_err(), "{times}");
        }
        advance(LONGEST).await;
        assert!(breaker.permit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_can_ask_for_a_longer_pause() {
        let breaker = Breaker::default();
        let fault = || Fault::passing("429").after(Some(Duration::from_secs(20)));
        (0..FAILURES).for_each(|_| breaker.permit().unwrap().failed(&fault()));
        advance(Duration::from_secs(19)).await;
        assert!(breaker.permit().is_err());
        advance(Duration::from_secs(1)).await;
        assert!(breaker.permit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_from_before_it_opened_change_nothing() {
        let breaker = Breaker::default();
        let late = breaker.permit().unwrap();
        (0..FAILURES).for_each(|_| fail(&breaker));
        advance(FIRST).await;
        let _probe = breaker.permit().unwrap();
        late.failed(&Fault::passing("late"));
        assert!(breaker.permit().is_err(), "the probe is still under way");
    }
}
