//! More and more items in one project.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::connection::Connection;
use super::figures::{Bound, Latency, Memory, ask, per_second, recall, store};
use super::fill;
use crate::Outcome;
use crate::text::Writer;

/// All of the index fits.
const INDEX_MEMORY_MB: u32 = 8192;

/// A project of one size.
#[derive(Serialize)]
pub struct Size {
    items: usize,
    /// Items stored a second, in batches of 1,000, since the size before.
    filled_per_second: f64,
    recall_ms: Latency,
    /// Of an item that is there already, so that the size stays.
    store_ms: Latency,
    #[serde(flatten)]
    memory: Memory,
}

/// One client, which asks and stores in a project while its index is loaded.
pub fn measure(folder: &Path, quick: bool) -> Outcome<Vec<Size>> {
    let sizes: &[usize] =
        if quick { &[100, 1_000, 10_000] } else { &[100, 1_000, 10_000, 100_000, 1_000_000] };
    let server = super::server(folder, INDEX_MEMORY_MB)?;
    let mut connection = Connection::open(&server)?;
    let project = fill::project(&mut connection, "growing")?;
    let mut random = Writer::new(7);
    // From here on the index is there, and each store brings it up to date.
    recall(&mut connection, &project, &mut random)?;
    println!(
        "\n| items | filled, items/s | recall p50 ms | p99 ms | store p50 ms | p99 ms | RSS MB | index MB |\n|---|---|---|---|---|---|---|---|"
    );
    let (mut stored, mut measured) = (0, Vec::new());
    for items in sizes.iter().copied() {
        let began = Instant::now();
        if !fill::items(&mut connection, &project, stored..items)? {
            println!("{items} items take too long to be stored; they are left out");
            break;
        }
        let filled_per_second = per_second(items - stored, began.elapsed());
        stored = items;
        // The caches of the processor and the store are warm for what is counted.
        let warming = Bound { most: 50, time: Duration::from_secs(2) };
        ask(warming, |_| recall(&mut connection, &project, &mut random))?;
        let bound = Bound { most: 2_000, time: Duration::from_secs(if quick { 1 } else { 8 }) };
        let recall_ms = ask(bound, |_| recall(&mut connection, &project, &mut random))?;
        let bound = Bound { most: 1_000, time: Duration::from_secs(if quick { 1 } else { 6 }) };
        let mut which = Writer::new(9);
        let store_ms = ask(bound, |_| {
            let key = fill::key(usize::try_from(which.number())? % items);
            store(&mut connection, &project, &key, &mut random)
        })?;
        let size = Size { items, filled_per_second, recall_ms, store_ms, memory: Memory::of(&server)? };
        println!(
            "| {items} | {filled_per_second} | {} | {} | {} | {} | {} | {} |",
            recall_ms.p50,
            recall_ms.p99,
            store_ms.p50,
            store_ms.p99,
            size.memory.resident_mb,
            size.memory.index_mb
        );
        measured.push(size);
    }
    Ok(measured)
}
