//! ai-pm as one would run it: who calls has a key, limits are counted, and what happens is logged.

use std::path::Path;
use std::time::Instant;

use serde_json::json;
use tempfile::TempDir;

use super::{Bench, Run};
use crate::client::Client;
use crate::process::{self, Server};
use crate::text::Writer;
use crate::{Outcome, bodies, latency};

/// The settings of every server that is measured: calls need a key, and are counted against a limit that none reaches.
pub const SETTINGS: [(&str, &str); 3] =
    [("AUTH_REQUIRED", "true"), ("RATE_LIMIT_PER_SECOND", "1000000"), ("RATE_LIMIT_BURST", "1000000")];

/// A server that runs, and a key for it.
pub struct Stage {
    /// The server.
    pub server: Server,
    /// A client of it.
    pub client: Client,
    /// The key that the client has.
    pub key: String,
    /// Removed after the server has gone.
    _folder: Option<TempDir>,
}

impl Stage {
    /// A server over nothing, in a folder of its own beside the other data of the measurement.
    pub fn fresh(bench: &Bench, settings: &[(&str, &str)]) -> Outcome<Self> {
        let folder = tempfile::tempdir_in(bench.scratch.path())?;
        let key = make_key(folder.path(), settings)?;
        let stage = Self::over(folder.path(), &key, settings)?;
        Ok(Self { _folder: Some(folder), ..stage })
    }

    /// A server over what a folder holds.
    pub fn over(folder: &Path, key: &str, settings: &[(&str, &str)]) -> Outcome<Self> {
        let server = Server::ai_pm_with(folder, &all(settings))?;
        let client = Client::new(&server.url, key);
        Ok(Self { server, client, key: key.to_owned(), _folder: None })
    }

    /// One recall, which loads the index of the project where it is not loaded; the milliseconds that it took.
    pub fn warm(&self, project: &str) -> Outcome<f64> {
        let began = Instant::now();
        self.client.post("/api/memory/recall", &json!({"project_id": project, "query": "what is stored"}))?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }

    /// Recalls by one client, with questions of their own in each round; for as long as four turns at most.
    pub fn ask_alone(&self, bench: &Bench, project: &str, round: u64) -> Outcome<Run> {
        let mut writer = Writer::new(1_000_000 + round);
        let bodies = (0..bench.calls).map(|_| bodies::question(project, &mut writer));
        post_alone(bench, &self.server, &self.key, "/api/memory/recall", bodies)
    }
}

/// One client that posts one body after the other; for as long as four turns at most.
pub fn post_alone(
    bench: &Bench,
    server: &Server,
    key: &str,
    path: &str,
    bodies: impl Iterator<Item = String>,
) -> Outcome<Run> {
    let authority = server.authority();
    let requests: Vec<_> = bodies.map(|body| latency::post(authority, path, key, &body)).collect();
    let before = server.cpu_seconds()?;
    let millis = latency::ask(authority, &requests, bench.turn() * 4)?;
    let cpu_us = (server.cpu_seconds()? - before) * 1e6 / f64::from(u32::try_from(millis.len())?);
    let run = Run::of_millis(&millis)?;
    Ok(Run { cpu_us: Some(cpu_us), peak_mib: Some(server.peak_mib()?), ..run })
}

/// Makes a key that may read and write, in a folder whose server does not run yet.
pub fn make_key(folder: &Path, settings: &[(&str, &str)]) -> Outcome<String> {
    let key = process::ai_pm(folder, &all(settings), &["key", "create", "measuring"])?;
    Ok(key.trim().to_owned())
}

fn all<'a>(settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    SETTINGS.iter().chain(settings).copied().collect()
}
