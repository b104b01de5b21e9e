//! How often one caller may call, and how often one address may fail to log in.

mod caller;
mod client;
mod gcra;
mod leases;
mod logins;
mod table;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderMap;
use jiff::Timestamp;
use pm_core::ports::{Clock, Store};

use self::gcra::Nanos;
use self::leases::Leases;
use self::table::Table;
use crate::config::{Network, RateLimit};

pub use self::caller::Caller;
pub use self::gcra::{Policy, Verdict};
pub use self::logins::{FAILURES, Logins};

/// Counts the calls of each caller.
#[derive(Debug)]
pub struct Limiter {
    /// `None`: calls are not counted.
    calls: Option<Table>,
    /// What it holds of the buckets in `store`, where that has such.
    leases: Leases,
    store: Arc<dyn Store>,
    logins: Logins,
    trusted: Vec<Network>,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    /// A limiter that has seen nobody yet; it believes `trusted` proxies whom they call for. Nodes over one `store` count
    /// together, if it can.
    pub fn new(rate: RateLimit, trusted: Vec<Network>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let calls = rate.is_limited().then(|| {
            let interval = Duration::from_secs(1) / rate.per_second.max(1);
            Table::new(Policy::every(interval, rate.burst))
        });
        Self { calls, leases: Leases::new(), store, logins: Logins::new(clock.clone()), trusted, clock }
    }

    /// Which address a request comes from that `peer` sent.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        client::address(peer, headers, &self.trusted)
    }

    /// Whether calls are counted at all.
    pub fn counts(&self) -> bool {
        self.calls.is_some()
    }

    /// Counts a call, and says whether it may be made and under which policy; `None`: calls are not counted.
    pub async fn take(&self, caller: &Caller) -> Option<(Policy, Verdict)> {
        let table = self.calls.as_ref()?;
        let verdict = match self.store.quota() {
            Some(quota) => self.leases.take(quota, table, caller, &*self.clock).await,
            None => table.take(caller, nanos(self.clock.now())),
        };
        Some((table.policy(), verdict))
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
