//! A server and its only client on one core.
//!
//! With a core each, every request waits for the server's to wake, and every answer for the client's: on a virtual machine that
//! takes as long as the host likes.

use std::fs;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Outcome;
use crate::process::Server;

/// What `work` comes to while this thread and all threads of `server` have one core.
pub fn shared<T>(server: &Server, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let all = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)).ok_or("no core")?;
    let mut one = CpuSet::new();
    one.set(first);
    put(server, &one)?;
    let outcome = work();
    put(server, &all)?;
    outcome
}

fn put(server: &Server, cores: &CpuSet) -> Outcome<()> {
    for thread in fs::read_dir(server.threads())? {
        let id = thread?.file_name().to_string_lossy().parse().ok().and_then(Pid::from_raw);
        // One may end meanwhile.
        let _ = sched_setaffinity(Some(id.ok_or("no thread")?), cores);
    }
    Ok(sched_setaffinity(None, cores)?)
}
