//! More and more projects, whose indexes do not all fit into the budget.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::connection::Connection;
use super::figures::{Latency, Memory, megabytes, millis_since, per_second, recall};
use super::starts::{Start, starts};
use super::{fill, server};
use crate::Outcome;
use crate::text::Writer;

const INDEX_MEMORY_MB: u32 = 64;
const ITEMS_EACH: usize = 10;
/// Projects that are asked all the time, as those are that people work on.
const HOT: usize = 8;

/// A store of so many projects.
#[derive(Serialize)]
pub struct Projects {
    projects: usize,
    /// Projects made a second, each with its items, since the size before.
    made_per_second: f64,
    start_ms: Start,
    /// After the start, before anything is asked.
    idle: Memory,
    #[serde(flatten)]
    mixed: Mixed,
}

/// What comes of asking for a while, any project and a hot one by turns.
#[derive(Serialize)]
pub struct Mixed {
    /// Of any project: as a rule one that has no index in memory.
    any_ms: Latency,
    /// Of one of those that are asked all the time.
    hot_ms: Latency,
    /// Thereafter.
    asked: Memory,
    /// The most that was resident since the start.
    peak_mb: f64,
}

/// Starts, and then one client.
pub fn measure(folder: &Path, quick: bool) -> Outcome<Vec<Projects>> {
    let counts: &[usize] = if quick { &[100, 1_000] } else { &[100, 1_000, 10_000, 100_000] };
    println!("\n| projects | made/s | start ms | idle RSS MB |{}", Mixed::HEAD);
    let (mut ids, mut measured) = (Vec::new(), Vec::new());
    for count in counts.iter().copied() {
        let filling = server(folder, INDEX_MEMORY_MB)?;
        let (began, before) = (Instant::now(), ids.len());
        ids.extend(fill::projects(&filling, before..count, ITEMS_EACH)?);
        if ids.len() < count {
            println!("{count} projects take too long to be made; they are left out");
            break;
        }
        let made_per_second = per_second(count - before, began.elapsed());
        filling.kill()?;
        let (start_ms, server) = starts(folder, INDEX_MEMORY_MB)?;
        let idle = Memory::of(&server)?;
        let mixed = Mixed::of(&server, &ids, Duration::from_secs(if quick { 2 } else { 15 }))?;
        println!("| {count} | {made_per_second} | {start_ms} | {} |{}", idle.resident_mb, mixed.row());
        measured.push(Projects { projects: count, made_per_second, start_ms, idle, mixed });
    }
    Ok(measured)
}

impl Mixed {
    /// The columns of a table.
    pub const HEAD: &str = " any p50 ms | p99 | hot p50 ms | p99 | RSS MB | peak | index MB |\n|---|---|---|---|---|---|---|---|---|---|---|";

    /// Asks for that long.
    pub fn of(server: &crate::process::Server, projects: &[String], time: Duration) -> Outcome<Self> {
        let (mut connection, mut random) = (Connection::open(server)?, Writer::new(projects.len() as u64));
        // The first recall of a hot project loads its index, which is not what hot ones are measured for.
        for project in projects.iter().take(HOT) {
            recall(&mut connection, project, &mut random)?;
        }
        let mut millis = [Vec::new(), Vec::new()];
        let began = Instant::now();
        while began.elapsed() < time {
            for (millis, among) in millis.iter_mut().zip([projects.len(), HOT]) {
                let project = projects.get(usize::try_from(random.number())? % among).ok_or("no project")?;
                let asked = Instant::now();
                recall(&mut connection, project, &mut random)?;
                millis.push(millis_since(asked));
            }
        }
        let [any, hot] = millis;
        let (any_ms, hot_ms) = (Latency::of(&any)?, Latency::of(&hot)?);
        Ok(Self { any_ms, hot_ms, asked: Memory::of(server)?, peak_mb: megabytes(server.peak_kb()?) })
    }

    /// The same as [`HEAD`](Self::HEAD).
    pub fn row(&self) -> String {
        let Self { any_ms, hot_ms, asked, peak_mb } = self;
        format!(
            " {} | {} | {} | {} | {} | {peak_mb} | {} |",
            any_ms.p50, any_ms.p99, hot_ms.p50, hot_ms.p99, asked.resident_mb, asked.index_mb
        )
    }
}
