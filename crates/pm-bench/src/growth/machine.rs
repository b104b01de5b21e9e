//! What the figures were measured on.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::figures::{Bound, ask};
use crate::Outcome;

/// The machine, with how long its disk takes for 4 KiB at the end of a file: no durable store is faster.
pub fn describe(folder: &Path) -> Outcome<Value> {
    let cores = std::thread::available_parallelism()?.get();
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']).trim();
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let mut file = fs::File::create(folder.join("appended"))?;
    let disk = ask(Bound { most: 500, time: Duration::from_secs(3) }, |_| {
        file.write_all(&[7; 4096])?;
        Ok(file.sync_data()?)
    })?;
    let spinning = spin(Duration::from_millis(300));
    println!(
        "{cores} cores of {model}, load {load} before; fdatasync p50 {} ms, p99 {} ms",
        disk.p50, disk.p99
    );
    Ok(
        json!({"cores": cores, "model": model, "load_before": load, "fdatasync_ms": disk, "spins_per_ms": spinning}),
    )
}

/// Keeps a core busy for that long; turns a millisecond, by which runs on a machine of many can be told apart.
pub fn spin(time: Duration) -> u64 {
    let (began, mut turns, mut state) = (Instant::now(), 0_u64, 1_u64);
    while began.elapsed() < time {
        for _ in 0..1000 {
            state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        turns += 1000;
    }
    turns / u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
