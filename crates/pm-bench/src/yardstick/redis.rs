//! `redis-benchmark`: what Redis does without anything before it.

use std::process::Command;

use pm_testbed::Server;

use crate::Outcome;
use crate::table::Run;

/// Keys that it chooses from.
const KEYS: u32 = 100_000;

/// The arguments, without the port: `count` times SET of `bytes` bytes.
pub fn arguments(clients: u32, count: u32, bytes: usize) -> Vec<String> {
    let text = format!("-t set -c {clients} -n {count} -d {bytes} -r {KEYS} --csv");
    text.split(' ').map(str::to_owned).collect()
}

/// One run.
pub fn run(server: &Server, clients: u32, count: u32, bytes: usize) -> Outcome<Run> {
    let before = server.cpu_seconds();
    let output = Command::new("redis-benchmark")
        .args(["-h", server.host(), "-p", &server.port().to_string()])
        .args(arguments(clients, count, bytes))
        .output()?;
    let cpu_us = (server.cpu_seconds() - before) * 1e6 / f64::from(count);
    let text = String::from_utf8(output.stdout)?;
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
    let line = text.lines().find_map(|line| line.strip_prefix("\"SET\","));
    let line = line.ok_or_else(|| format!("redis-benchmark: {text}"))?;
    let figures: Vec<f64> =
        line.split(',').map(|cell| cell.trim_matches('"').parse()).collect::<Result<_, _>>()?;
    let at = |n: usize| figures.get(n).copied().ok_or("redis-benchmark told too little");
    Ok(Run { rate: at(0)?, cpu_us: Some(cpu_us), p50: Some(at(3)?), p99: Some(at(5)?), peak_mib: None })
}
