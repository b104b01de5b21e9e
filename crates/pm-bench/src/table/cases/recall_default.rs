//! Recalls from a small project with the default embedder, which has a vector to make for each.

use std::time::Duration;

use super::recall_small::{ALONE, ITEMS, asking};
use crate::Outcome;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};

/// Queries a second of onnxruntime 1.x with dynamic int8 weights, one thread, 14 tokens: 2.2 ms each. Measured on another
/// machine, with AVX-512 VNNI. Nobody publishes that model in a package, so it is not run here.
const ONNXRUNTIME: f64 = 1000.0 / 2.2;
/// A question waits for its vector however many ask, so that no answer is one by words alone.
pub(super) const PATIENT: (&str, &str) = ("EMBEDDING_QUERY_BUDGET_MS", "10000");

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let stage = Stage::fresh(bench, &[PATIENT])?;
    let project = stage.client.project("small")?;
    stage.client.fill(&project, ITEMS, 11)?;
    // The threads that make vectors have what no other wants: where others compute, it takes long.
    stage.client.settle(Duration::from_mins(15))?;
    stage.warm(&project)?;
    let [own, alone] = compare(
        bench,
        [
            asking(bench, &stage, &project),
            Contestant::new("ai-pm, one client", ALONE, |round| stage.ask_alone(bench, &project, round)),
        ],
    )?;
    let to_onnxruntime = own.rates().iter().map(|rate| rate / ONNXRUNTIME).collect();
    let figures = vec![
        Figure::new(
            "32 clients, to the documented 2.2 ms of onnxruntime (a constant)",
            Unit::Times,
            to_onnxruntime,
            Target::Least(0.9),
        ),
        Figure::new("p50, one client", Unit::Millis, alone.each(|run| run.p50), Target::MostWithVnni(2.0)),
    ];
    Ok(Findings { settings: format!("{}={}", PATIENT.0, PATIENT.1), sides: vec![own, alone], figures })
}
