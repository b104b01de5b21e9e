//! A million items in a thousand projects, within two budgets.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::figures::{Memory, megabytes, per_second};
use super::projects::Mixed;
use super::starts::{Start, starts};
use super::{fill, server};
use crate::Outcome;

/// A store too large for its budget.
#[derive(Serialize)]
pub struct Million {
    projects: usize,
    items: usize,
    filled_per_second: f64,
    /// Resident at most while it was filled.
    filling_peak_mb: f64,
    budgets: Vec<Budget>,
}

/// What a server does that has so much for its indexes.
#[derive(Serialize)]
struct Budget {
    index_memory_mb: u32,
    start_ms: Start,
    /// After the start, before anything is asked.
    idle: Memory,
    #[serde(flatten)]
    mixed: Mixed,
}

/// Fills, and starts with each budget.
pub fn measure(folder: &Path, quick: bool) -> Outcome<Million> {
    let (projects, items_each) = if quick { (100, 100) } else { (1_000, 1_000) };
    let filling = server(folder, 512)?;
    let began = Instant::now();
    let ids = fill::projects(&filling, 0..projects, items_each)?;
    if ids.len() < projects {
        return Err(fill::TOO_SLOW.into());
    }
    let items = projects * items_each;
    let filled_per_second = per_second(items, began.elapsed());
    let filling_peak_mb = megabytes(filling.peak_kb()?);
    filling.kill()?;
    println!(
        "\n{items} items in {projects} projects, {filled_per_second} items/s, peak {filling_peak_mb} MB"
    );
    println!("| items | INDEX_MEMORY_MB | start ms | idle RSS MB |{}", Mixed::HEAD);
    let mut budgets = Vec::new();
    for index_memory_mb in [64, 512] {
        let (start_ms, server) = starts(folder, index_memory_mb)?;
        let idle = Memory::of(&server)?;
        let mixed = Mixed::of(&server, &ids, Duration::from_secs(if quick { 2 } else { 40 }))?;
        println!("| {items} | {index_memory_mb} | {start_ms} | {} |{}", idle.resident_mb, mixed.row());
        budgets.push(Budget { index_memory_mb, start_ms, idle, mixed });
    }
    Ok(Million { projects, items, filled_per_second, filling_peak_mb, budgets })
}
