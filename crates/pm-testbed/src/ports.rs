//! Ports that nobody listens on.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Below the ports that systems give to outgoing connections: one of those could otherwise take the port of a server
/// between its death and its restart.
const RANGE: Range<u16> = 12_000..32_000;

/// What was given to a server of this process, which may not listen yet, or not just now.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port that was free just now. Another process may still take it first, which the server then says.
pub(crate) fn free() -> u16 {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Somewhere else in each process: several test the same machine at once.
    let length = u64::from(RANGE.end - RANGE.start);
    let skipped = u16::try_from(RandomState::new().hash_one(()) % length).unwrap_or_default();
    let first = RANGE.start + skipped;
    let mut candidates = (first..RANGE.end).chain(RANGE.start..first);
    let is_free =
        |port: &u16| !given.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let Some(port) = candidates.find(is_free) else { panic!("no port of 127.0.0.1 is free") };
    given.insert(port);
    port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_or_while_another_listens_there() {
        let ports: BTreeSet<_> = (0..50).map(|_| free()).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| RANGE.contains(port)));
        assert!(ports.iter().all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()));
    }
}
