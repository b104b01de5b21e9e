use proptest::prelude::*;

use super::*;

const START: Nanos = 1_700_000_000_000_000_000;

#[test]
fn a_burst_and_then_one_at_a_time() {
    let policy = Policy::every(Duration::from_millis(10), 3);
    assert_eq!(policy.window(), Duration::from_millis(30));
    let mut full_at = 0;
    for left in [2, 1, 0] {
        let (next, verdict) = policy.take(full_at, START, 1);
        assert_eq!((verdict.retry_after, verdict.remaining), (None, left));
        full_at = next;
    }
    let (same, verdict) = policy.take(full_at, START + 4_000_000, 1);
    assert_eq!(same, full_at, "a refusal costs nothing");
    assert_eq!(verdict.retry_after, Some(Duration::from_millis(6)));
    assert_eq!(verdict.full_after, Duration::from_millis(26));
    let (_, verdict) = policy.take(full_at, START + 10_000_000, 1);
    assert_eq!((verdict.retry_after, verdict.remaining), (None, 0));
}

#[test]
fn what_is_given_back_can_be_taken_again_and_no_more() {
    let policy = Policy::every(Duration::from_secs(6), 2);
    let (full_at, _) = policy.take(0, START, 2);
    let full_at = policy.give_back(full_at, START);
    let (full_at, verdict) = policy.take(full_at, START, 1);
    assert_eq!(verdict.retry_after, None);
    assert!(policy.take(full_at, START, 1).1.retry_after.is_some());
    assert_eq!(policy.give_back(0, START), START, "no fuller than full");
}

#[test]
fn a_clock_that_is_set_back_empties_a_bucket_and_shuts_it_no_longer_than_that() {
    let policy = Policy::every(Duration::from_secs(1), 5);
    let (_, verdict) = policy.take(START + 1_000_000_000_000_000, START, 1);
    assert_eq!(verdict.retry_after, Some(Duration::from_secs(1)));
    assert_eq!(verdict.full_after, Duration::from_secs(5));
}

#[test]
fn what_is_drained_is_gone_and_never_more_than_there_is() {
    let policy = Policy::every(Duration::from_secs(1), 5);
    let full_at = policy.drain(0, START, 3);
    assert_eq!(policy.take(full_at, START, 1).1.remaining, 1);
    let full_at = policy.drain(full_at, START, u32::MAX);
    assert_eq!(policy.take(full_at, START, 1).1.retry_after, Some(Duration::from_secs(1)));
}

/// A bucket as one would draw it: a level that rises with time and sinks with what is taken.
struct Oracle {
    interval: u128,
    capacity: u128,
    level: u128,
    seen: u128,
}

impl Oracle {
    fn take(&mut self, now: u128, tokens: u128) -> bool {
        self.level = (self.level + now - self.seen).min(self.capacity);
        self.seen = now;
        let price = tokens * self.interval;
        let enough = self.level >= price;
        self.level -= if enough { price } else { 0 };
        enough
    }
}

proptest! {
    #[test]
    fn it_does_what_a_bucket_does(
        interval in 1u64..3_000_000_000,
        burst in 1u32..50,
        steps in prop::collection::vec((0u64..5_000_000_000, 1u32..4), 1..200),
    ) {
        let policy = Policy::every(Duration::from_nanos(interval), burst);
        let capacity = u128::from(interval) * u128::from(burst);
        let (mut now, mut full_at) = (START, 0);
        let mut oracle =
            Oracle { interval: interval.into(), capacity, level: capacity, seen: START.into() };
        for (pause, tokens) in steps {
            now += pause;
            let (next, verdict) = policy.take(full_at, now, tokens);
            full_at = next;
            prop_assert_eq!(verdict.retry_after.is_none(), oracle.take(now.into(), tokens.into()));
            prop_assert_eq!(u128::from(verdict.remaining), oracle.level / oracle.interval);
            prop_assert_eq!(verdict.full_after.as_nanos(), oracle.capacity - oracle.level);
            if let Some(wait) = verdict.retry_after.filter(|_| tokens <= burst) {
                // At that instant there are enough, and not a nanosecond before.
                let wait = u64::try_from(wait.as_nanos()).unwrap();
                prop_assert!(policy.take(full_at, now + wait, tokens).1.retry_after.is_none());
                prop_assert!(policy.take(full_at, now + wait - 1, tokens).1.retry_after.is_some());
            }
        }
    }
}
