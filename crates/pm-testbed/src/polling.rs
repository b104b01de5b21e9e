//! Waiting for a condition, never for time to pass.

use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(4);

/// Waits until `reached` is true.
///
/// # Panics
/// Where it is not `within` that time; the message says `what` was waited for.
#[track_caller]
pub fn until(within: Duration, what: &str, reached: impl FnMut() -> bool) {
    assert!(holds(within, reached), "waited {} s in vain until {what}", within.as_secs_f64());
}

/// Whether `reached` becomes true `within` that time.
pub(crate) fn holds(within: Duration, mut reached: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if reached() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(STEP);
    }
}
