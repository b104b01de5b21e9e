//! How long answers take, and what the server holds meanwhile.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use super::connection::Connection;
use crate::Outcome;
use crate::process::Server;
use crate::spread::Spread;
use crate::text::Writer;

/// How long answers took, in milliseconds.
#[derive(Clone, Copy, Serialize)]
pub struct Latency {
    /// How many there were.
    pub count: usize,
    /// Half took at most this.
    pub p50: f64,
    /// 99 % took at most this.
    pub p99: f64,
    /// None took longer.
    pub most: f64,
}

impl Latency {
    /// Of at least one answer.
    pub fn of(millis: &[f64]) -> Outcome<Self> {
        let Spread { count, median, p99, most, .. } = Spread::of(millis)?;
        Ok(Self { count, p50: rounded(median), p99: rounded(p99), most: rounded(most) })
    }
}

/// What the server holds, in MB of 10^6 bytes.
#[derive(Clone, Copy, Serialize)]
pub struct Memory {
    /// Resident: `VmRSS`, of which the pages of the binary that were touched are a part.
    pub resident_mb: f64,
    /// What the server says that its indexes take, the items kept beside them included.
    pub index_mb: f64,
}

impl Memory {
    /// As it is now.
    pub fn of(server: &Server) -> Outcome<Self> {
        let mut connection = Connection::open(server)?;
        let metrics = String::from_utf8_lossy(connection.get("/metrics")?).into_owned();
        let line = metrics.lines().find_map(|line| line.strip_prefix("index_memory_bytes "));
        // No index was ever there where there is no such line.
        let index_bytes: f64 = line.map_or(Ok(0.0), str::parse)?;
        Ok(Self { resident_mb: megabytes(server.resident_kb()?), index_mb: rounded(index_bytes / 1e6) })
    }
}

/// MB of 10^6 bytes from the kilobytes of 1,024 that the kernel counts.
#[expect(clippy::cast_precision_loss, reason = "memory stays far below 2^53")]
pub fn megabytes(kilobytes: u64) -> f64 {
    rounded(kilobytes as f64 * 1024.0 / 1e6)
}

/// To three places: what comes after is noise.
pub fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

/// Milliseconds since then.
pub fn millis_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// So many in that time, a second.
#[expect(clippy::cast_precision_loss, reason = "what is counted stays far below 2^53")]
pub fn per_second(count: usize, time: Duration) -> f64 {
    (count as f64 / time.as_secs_f64()).round()
}

/// How often something is asked: so many times, or for so long where that is shorter.
#[derive(Clone, Copy)]
pub struct Bound {
    pub most: usize,
    pub time: Duration,
}

/// Asks again and again within the bound, at least once.
pub fn ask(bound: Bound, mut once: impl FnMut(usize) -> Outcome<()>) -> Outcome<Latency> {
    let began = Instant::now();
    let mut millis = Vec::new();
    for n in 0..bound.most {
        let asked = Instant::now();
        once(n)?;
        millis.push(millis_since(asked));
        if began.elapsed() >= bound.time {
            break;
        }
    }
    Latency::of(&millis)
}

/// Asks what a project knows of eight words.
pub fn recall(connection: &mut Connection, project: &str, random: &mut Writer) -> Outcome<()> {
    let body = json!({"project_id": project, "query": random.question()});
    connection.post("/api/memory/recall", &body).map(drop)
}

/// Stores one item of forty words.
pub fn store(connection: &mut Connection, project: &str, key: &str, random: &mut Writer) -> Outcome<()> {
    let body = json!({"project_id": project, "type": "context", "key": key, "value": random.text()});
    connection.post("/api/memory/store", &body).map(drop)
}
