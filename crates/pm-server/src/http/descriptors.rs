//! How many connections the system lets this process have.

/// What is left to the store, the logs and the connections that the server makes itself.
const OTHERS: u64 = 512;

/// Raises the bound on open files as far as the system lets; how many connections there is room for then.
///
/// Systems start a process with a bound of 1,024, which some of its clients could use up.
pub fn raise() -> usize {
    let most = bound();
    usize::try_from(most.saturating_sub(OTHERS).max(most / 2)).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn bound() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the bound on open files could not be raised");
            before
        }
    }
    .unwrap_or(u64::MAX)
}

#[cfg(not(unix))]
fn bound() -> u64 {
    u64::MAX
}
