//! Tries again what may pass.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::fault::{Fault, Kind};

/// How often a call is tried in all.
const TRIES: u32 = 4;
/// The pause after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause, also where the server asks for a longer one: then nothing is tried any more.
const LONGEST: Duration = Duration::from_secs(30);

/// Tries a call again, each time later.
#[derive(Debug)]
pub(super) struct Retries {
    /// The first pause.
    pub(super) first: Duration,
    /// Keeps several servers that failed together from coming back together.
    random: RandomState,
}

impl Default for Retries {
    fn default() -> Self {
        Self { first: FIRST, random: RandomState::new() }
    }
}

impl Retries {
    /// The first answer of `call`, or the fault of its last try.
    pub(super) async fn until_answered<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let mut tried = 1;
        loop {
            let fault = match call().await {
                Ok(answer) => return Ok(answer),
                Err(fault) if fault.kind != Kind::Passing || tried >= TRIES => return Err(fault),
                Err(fault) => fault,
            };
            let asked = fault.after.unwrap_or_default();
            if asked > LONGEST {
                return Err(fault);
            }
            let pause = grown(self.first, LONGEST, tried - 1, &self.random).max(asked);
            tracing::debug!(fault = fault.what, tried, ?pause, "the embedder is asked again");
            metrics::counter!("embedder_retries_total").increment(1);
            tokio::time::sleep(pause).await;
            tried += 1;
        }
    }
}

/// `first`, doubled `times` times, at most `longest`; from half of that to the whole, at random.
pub(super) fn grown(first: Duration, longest: Duration, times: u32, random: &RandomState) -> Duration {
    let pause = first.saturating_mul(2_u32.saturating_pow(times)).min(longest);
    // What is hashed differs from call to call as far as it needs to: by the nanosecond.
    let thousandths = random.hash_one(std::time::Instant::now()) % 501;
    pause / 1_000 * u32::try_from(1_000 - thousandths).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::Instant;

    use super::*;

    /// Tries a call that fails in turn as told, and answers once no fault is left; the pauses between the tries.
    async fn tried(faults: Vec<Fault>) -> (Result<(), Fault>, Vec<Duration>) {
        let mut faults = faults.into_iter();
        let at = RefCell::new(Vec::new());
        let call = || {
            at.borrow_mut().push(Instant::now());
            std::future::ready(faults.next().map_or(Ok(()), Err))
        };
        let outcome = Retries::default().until_answered(call).await;
        let at = at.into_inner();
        (outcome, at.windows(2).map(|pair| pair[1] - pair[0]).collect())
    }

    fn passing(count: usize) -> Vec<Fault> {
        (0..count).map(|_| Fault::passing("500")).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_and_vary_and_end() {
        let (outcome, pauses) = tried(passing(3)).await;
        outcome.unwrap();
        assert_eq!(pauses.len(), 3);
        for (pause, most) in pauses.iter().zip([500, 1000, 2000]) {
            let most = Duration::from_millis(most);
            // Timers go by whole milliseconds.
            assert!(*pause >= most / 2 && *pause <= most + Duration::from_millis(1), "{pauses:?}");
        }
        let (outcome, pauses) = tried(passing(9)).await;
        assert_eq!((outcome.unwrap_err().kind, pauses.len()), (Kind::Passing, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_says_how_long_to_wait_within_a_bound() {
        let asked = |seconds| vec![Fault::passing("429").after(Some(Duration::from_secs(seconds)))];
        let (outcome, pauses) = tried(asked(30)).await;
        outcome.unwrap();
        assert!(pauses[0] >= Duration::from_secs(30) && pauses[0] < Duration::from_secs(31), "{pauses:?}");
        let (outcome, pauses) = tried(asked(31)).await;
        assert!(outcome.is_err() && pauses.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_is_not_tried_again() {
        for fault in [Fault::lasting("x"), Fault::refused("x"), Fault::unsuitable("x")] {
            let (outcome, pauses) = tried(vec![fault]).await;
            assert!(outcome.is_err() && pauses.is_empty());
        }
    }
}
