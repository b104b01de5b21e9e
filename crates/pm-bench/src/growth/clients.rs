//! More and more clients at a time.

use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::connection::Connection;
use super::figures::{Latency, millis_since, per_second, recall, store};
use super::fill::{self, together};
use crate::Outcome;
use crate::process::Server;
use crate::text::Writer;

const INDEX_MEMORY_MB: u32 = 512;
/// Items of the project that is asked.
const ITEMS: usize = 1_000;

/// So many clients, each with a connection that it keeps, each with one request at a time.
#[derive(Serialize)]
pub struct Clients {
    clients: usize,
    recall: Load,
    store: Load,
}

/// What they got.
#[derive(Serialize)]
pub struct Load {
    per_second: f64,
    #[serde(rename = "ms")]
    latency: Latency,
}

/// Recall among 1,000 items, and stores of new items in a project with a loaded index.
pub fn measure(folder: &Path, quick: bool) -> Outcome<Vec<Clients>> {
    let counts: &[usize] = if quick { &[1, 4, 16] } else { &[1, 4, 16, 64, 256] };
    let time = Duration::from_secs(if quick { 1 } else { 5 });
    let server = super::server(folder, INDEX_MEMORY_MB)?;
    let mut connection = Connection::open(&server)?;
    let asked = fill::project(&mut connection, "asked")?;
    fill::items(&mut connection, &asked, 0..ITEMS)?;
    println!(
        "\n| clients | recalls/s | p50 ms | p99 ms | stores/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|"
    );
    let mut measured = Vec::new();
    for clients in counts.iter().copied() {
        let recall_load =
            load(&server, clients, time, |connection, random, _| recall(connection, &asked, random))?;
        // A project of its own, so that none is larger than another was.
        let written = fill::project(&mut Connection::open(&server)?, &format!("written by {clients}"))?;
        let store_load = load(&server, clients, time, |connection, random, n| {
            if n == 0 {
                // Its index is there from the first store on.
                recall(connection, &written, random)?;
            }
            store(connection, &written, &format!("{:x}", random.number()), random)
        })?;
        let row = Clients { clients, recall: recall_load, store: store_load };
        let (Load { per_second: recalled, latency }, Load { per_second: stored, latency: storing }) =
            (&row.recall, &row.store);
        println!(
            "| {clients} | {recalled} | {} | {} | {stored} | {} | {} |",
            latency.p50, latency.p99, storing.p50, storing.p99
        );
        measured.push(row);
    }
    Ok(measured)
}

/// What so many clients get in that time. `once` is told how many times its client has asked.
fn load(
    server: &Server,
    clients: usize,
    time: Duration,
    once: impl Fn(&mut Connection, &mut Writer, usize) -> Outcome<()> + Sync,
) -> Outcome<Load> {
    let all_are_there = Barrier::new(clients);
    let each = together(clients, |client| {
        let connection = Connection::open(server);
        // Who fails before this would leave the others waiting.
        all_are_there.wait();
        let (mut connection, mut random) = (connection?, Writer::new(client as u64 * 7_919 + 1));
        let (began, mut millis) = (Instant::now(), Vec::new());
        while began.elapsed() < time {
            let asked = Instant::now();
            once(&mut connection, &mut random, millis.len())?;
            millis.push(millis_since(asked));
        }
        Ok((millis, began.elapsed()))
    })?;
    let longest = each.iter().map(|(_, took)| *took).max().ok_or("no clients")?;
    let millis: Vec<_> = each.into_iter().flat_map(|(millis, _)| millis).collect();
    Ok(Load { per_second: per_second(millis.len(), longest), latency: Latency::of(&millis)? })
}
