//! How long a server takes to its first answer.

use std::path::Path;

use serde::Serialize;

use super::figures::{Latency, rounded};
use crate::Outcome;
use crate::process::Server;

const STARTS: usize = 7;

/// From the start of the process to its first answer, in milliseconds, each after `kill -9` of the one before.
#[derive(Clone, Copy, Serialize)]
pub struct Start {
    /// Half of the starts took at most this.
    median: f64,
    /// The first, after the server was killed that had written all there is: it takes what is in the log of the store.
    first: f64,
    /// None took longer.
    most: f64,
}

/// Starts several times over the store in `folder`; the last server goes on.
pub fn starts(folder: &Path, index_memory_mb: u32) -> Outcome<(Start, Server)> {
    let mut millis = Vec::new();
    loop {
        let server = super::server(folder, index_memory_mb)?;
        millis.push(server.started_in.as_secs_f64() * 1000.0);
        if millis.len() == STARTS {
            let first = millis.first().copied().map_or(0.0, rounded);
            let Latency { p50, most, .. } = Latency::of(&millis)?;
            return Ok((Start { median: p50, first, most }, server));
        }
        server.kill()?;
    }
}

impl std::fmt::Display for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} (first {:.0}, most {:.0})", self.median, self.first, self.most)
    }
}
