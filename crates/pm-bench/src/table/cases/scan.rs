//! The vectors of 100,000 items compared with a query, beside reading as many bytes.

use pm_testbed::text::Random;

use crate::Outcome;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Unit};
use crate::table::{Bench, Findings};
use crate::yardstick::bandwidth::{DIMENSIONS, ROWS, read, scan};

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let mut random = Random(3);
    let rows: Vec<u8> = (0..ROWS * DIMENSIONS / 2).map(|_| random.number().to_le_bytes()[0]).collect();
    let [reading, scanning] = compare(
        bench,
        [
            Contestant::new("memory, read", "sums of 8 bytes at a time", |_| read(&rows, bench.turn())),
            Contestant::new("the kernel's products", "`pm_model::Kernel::dots_u4`, 384 values a row", |_| {
                scan(&rows, bench.turn())
            }),
        ],
    )?;
    let gigabytes = f64::from(u32::try_from(rows.len())?) / 1e9;
    let speed = |rates: Vec<f64>| rates.iter().map(|rate| rate * gigabytes).collect();
    let figures = vec![
        Figure::told("products, to reading the bytes", Unit::Times, scanning.ratios(&reading)),
        Figure::told("products", Unit::Gigabytes, speed(scanning.rates())),
        Figure::told("reading", Unit::Gigabytes, speed(reading.rates())),
    ];
    Ok(Findings { settings: String::new(), sides: vec![reading, scanning], figures })
}
