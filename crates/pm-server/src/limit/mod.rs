//! How often one caller may call, and how often one address may fail to log in.

mod caller;
mod client;
mod gcra;
mod logins;
mod table;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderMap;
use jiff::Timestamp;
use pm_core::ports::Clock;

use self::gcra::Nanos;
use self::table::Table;
use crate::config::{Network, RateLimit};

pub use self::caller::Caller;
pub use self::gcra::{Policy, Verdict};
pub use self::logins::Logins;

/// Counts the calls of each caller.
#[derive(Debug)]
pub struct Limiter {
    /// `None`: calls are not counted.
    calls: Option<Table>,
    logins: Logins,
    trusted: Vec<Network>,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    /// A limiter that has seen nobody yet; it believes `trusted` proxies whom they call for.
    pub fn new(rate: RateLimit, trusted: Vec<Network>, clock: Arc<dyn Clock>) -> Self {
        let calls = rate.is_limited().then(|| {
            let interval = Duration::from_secs(1) / rate.per_second.max(1);
            Table::new(Policy::every(interval, rate.burst))
        });
        Self { calls, logins: Logins::new(clock.clone()), trusted, clock }
    }

    /// Which address a request comes from that `peer` sent.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        client::address(peer, headers, &self.trusted)
    }

    /// Counts a call, and says whether it may be made and under which policy; `None`: calls are not counted.
    pub fn take(&self, caller: &Caller) -> Option<(Policy, Verdict)> {
        let table = self.calls.as_ref()?;
        Some((table.policy(), table.take(caller, nanos(self.clock.now()))))
    }

    /// The failed logins.
    pub fn logins(&self) -> &Logins {
        &self.logins
    }
}

/// Nanoseconds since 1970; before it is no time.
fn nanos(time: Timestamp) -> Nanos {
    Nanos::try_from(time.as_nanosecond()).unwrap_or_default()
}
