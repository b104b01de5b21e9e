//! wrk: the load generator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// How long an answer may take.
const PATIENCE_SECONDS: u32 = 10;

/// What one run of wrk measured.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Requests a second.
    pub rate: f64,
    /// Milliseconds that half of the requests took at most.
    pub p50: f64,
    /// Milliseconds that 99 % of the requests took at most.
    pub p99: f64,
    /// Answers that were no success, and connections that failed.
    pub errors: u64,
}

/// What is sent.
pub enum Requests {
    /// GET of one path, always the same: wrk writes it once.
    Get(String),
    /// POST to a path of the lines of a file, which the threads deal among them and each sends by turns. They are written
    /// before the time begins, so that the load costs wrk little, and as much for whoever answers.
    Post {
        /// Where to.
        path: String,
        /// The file: a body each line.
        bodies: PathBuf,
    },
}

const DEAL: &str = r#"
local requests, at = {}, 0
function init()
  local line = 0
  for body in io.lines("BODIES") do
    if line % THREADS == thread - 1 then requests[#requests + 1] = wrk.format("POST", "PATH", wrk.headers, body) end
    line = line + 1
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
"#;

const FRAME: &str = r#"
local threads = 0
function setup(one)
  threads = threads + 1
  one:set("thread", threads)
end
function done(summary, latency)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %f %f %f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors))
end
"#;

impl Requests {
    fn script(&self, key: &str, threads: u32) -> String {
        let own = match self {
            Self::Get(_) => String::new(),
            Self::Post { path, bodies } => DEAL
                .replace("THREADS", &threads.to_string())
                .replace("PATH", path)
                .replace("BODIES", &bodies.display().to_string()),
        };
        let key =
            if key.is_empty() { String::new() } else { format!("wrk.headers[\"X-API-Key\"] = \"{key}\"\n") };
        format!("wrk.headers[\"Content-Type\"] = \"application/json\"\n{key}{own}{FRAME}")
    }

    fn path(&self) -> &str {
        match self {
            Self::Get(path) | Self::Post { path, .. } => path,
        }
    }
}

/// The arguments of wrk before its script and the address: two threads, one for a single connection.
fn arguments(connections: u32, seconds: u32) -> [String; 4] {
    [
        format!("-t{}", threads(connections)),
        format!("-c{connections}"),
        format!("-d{seconds}s"),
        format!("--timeout={PATIENCE_SECONDS}s"),
    ]
}

/// The command.
pub fn shown(connections: u32, seconds: u32, path: &str) -> String {
    format!("`wrk {} -s load.lua http://127.0.0.1:PORT{path}`", arguments(connections, seconds).join(" "))
}

fn threads(connections: u32) -> u32 {
    connections.min(2)
}

/// Runs wrk, with an API key unless it is empty; its script is left in `folder`.
pub fn run(
    server: &str,
    requests: &Requests,
    key: &str,
    connections: u32,
    seconds: u32,
    folder: &Path,
) -> Outcome<Load> {
    let script = folder.join("load.lua");
    fs::write(&script, requests.script(key, threads(connections)))?;
    let output = Command::new("wrk")
        .args(arguments(connections, seconds))
        .arg("-s")
        .arg(&script)
        .arg(format!("{server}{}", requests.path()))
        .output()
        .map_err(|error| format!("wrk: {error} (install it with `apt-get install wrk`)"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line =
        text.lines().find_map(|line| line.strip_prefix("RESULT ")).ok_or_else(|| format!("wrk: {text}"))?;
    let figures: Vec<f64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [rate, p50, p99, errors] = figures.as_slice() else { return Err("wrk: no figures".into()) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that wrk printed")]
    Ok(Load { rate: *rate, p50: *p50, p99: *p99, errors: *errors as u64 })
}
