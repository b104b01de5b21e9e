//! How many connections this process may have.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::Outcome;

/// Raises the bound as far as the system lets; a child process inherits it.
pub fn raise() -> Outcome<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
