//! How often an address may try to log in and fail.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pm_core::ports::Clock;

use super::caller::Caller;
use super::gcra::{Policy, Verdict};
use super::{nanos, table::Table};

/// Ten a minute.
pub const FAILURES: Policy = Policy::every(Duration::from_secs(6), 10);

/// The failed logins of each address.
///
/// An attempt counts before it is made, so that many at once are no way round, and is given back when it succeeds.
#[derive(Debug)]
pub struct Logins {
    table: Table,
    clock: Arc<dyn Clock>,
}

impl Logins {
    /// No failures yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(FAILURES), clock }
    }

    /// Counts an attempt from this address; an error says how long to wait before the next, if it may not be made.
    pub fn take(&self, address: IpAddr) -> Result<(), Verdict> {
        let verdict = self.table.take(&Caller::of_address(address), nanos(self.clock.now()));
        if verdict.retry_after.is_some() { Err(verdict) } else { Ok(()) }
    }

    /// The attempt was no failure.
    pub fn give_back(&self, address: IpAddr) {
        self.table.give_back(&Caller::of_address(address), nanos(self.clock.now()));
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use pm_core::ports::ManualClock;

    use super::*;

    #[test]
    fn ten_failures_a_minute_and_any_number_of_successes() {
        let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
        let logins = Logins::new(clock.clone());
        let wait = |address| logins.take(address).map_err(|verdict| verdict.retry_after.unwrap());
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..100 {
            assert_eq!(wait(one), Ok(()));
            logins.give_back(one);
        }
        for _ in 0..10 {
            assert_eq!(wait(one), Ok(()));
        }
        assert_eq!(wait(one), Err(Duration::from_secs(6)));
        assert_eq!(wait(other), Ok(()));
        clock.advance(SignedDuration::from_secs(6));
        assert_eq!(wait(one), Ok(()));
        assert_eq!(wait(one), Err(Duration::from_secs(6)));
        clock.advance(SignedDuration::from_mins(1));
        for _ in 0..10 {
            assert_eq!(wait(one), Ok(()));
        }
        assert!(wait(one).is_err());
    }
}
