//! wrk: the load generator.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;

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

/// A request, and how the next differs from it.
pub struct Case<'a> {
    /// Its name.
    pub name: &'a str,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Lua that sets `path` and `body` from `n`, text unlike that of any other request, and `seq`, which counts.
    pub next: String,
}

const SCRIPT: &str = r#"
local count, threads = 0, 0
function setup(thread)
  threads = threads + 1
  thread:set("name", os.time() % 100000 .. "-" .. math.random(99999) .. "-" .. threads)
end
local headers = { ["Content-Type"] = "application/json" }
function request()
  count = count + 1
  local n, seq = name .. "-" .. count, count
  local path, body = "/", nil
  NEXT
  return wrk.format("METHOD", path, headers, body)
end
function done(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %f %f %f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors))
end
"#;

/// Runs wrk with two threads (one for a single connection).
pub fn run(server: &str, case: &Case<'_>, connections: u32, seconds: u32, folder: &Path) -> Outcome<Load> {
    let script = folder.join("load.lua");
    fs::write(&script, SCRIPT.replace("METHOD", case.method).replace("NEXT", &case.next))?;
    let threads = if connections == 1 { 1 } else { 2 };
    let output = Command::new("wrk")
        .args([format!("-t{threads}"), format!("-c{connections}"), format!("-d{seconds}s"), "-s".to_owned()])
        .arg(&script)
        .arg(server)
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
