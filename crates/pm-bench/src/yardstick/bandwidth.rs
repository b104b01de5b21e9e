//! How fast memory can be read, and how fast vectors are compared in it. One thread.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pm_model::Kernel;

use crate::Outcome;
use crate::table::Run;

/// As many rows as 100,000 items have. What a recall reads of them is more than the caches of most machines.
pub const ROWS: usize = 100_000;
/// Values of a vector.
pub const DIMENSIONS: usize = 384;

/// Reads all bytes, 8 at a time, and does the least with them: their sum.
pub fn read(bytes: &[u8], time: Duration) -> Outcome<Run> {
    passes(time, || {
        let words = bytes.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_ne_bytes));
        black_box(words.fold(0, u64::wrapping_add));
    })
}

/// Compares a query with the upper halves of the bytes of every row, as a recall does.
pub fn scan(rows: &[u8], time: Duration) -> Outcome<Run> {
    let (kernel, query) = (Kernel::best(), vec![7_i8; DIMENSIONS]);
    let mut products = vec![0; ROWS];
    passes(time, || {
        kernel.dots_u4(black_box(&query), rows, &mut products);
        black_box(&products);
    })
}

/// Passes over all rows a second, each timed.
fn passes(time: Duration, mut pass: impl FnMut()) -> Outcome<Run> {
    let beginning = Instant::now();
    let mut millis = Vec::new();
    while beginning.elapsed() < time {
        let began = Instant::now();
        pass();
        millis.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Run::of_millis(&millis)
}
