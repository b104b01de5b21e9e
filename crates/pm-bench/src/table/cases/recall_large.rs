//! Recalls from one project of 100,000 items.

use super::recall_default::PATIENT;
use super::recall_small::{ALONE, asking};
use crate::Outcome;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::prepared::Prepared;
use crate::table::{Bench, Findings};

pub(super) fn with_static(bench: &Bench) -> Outcome<Findings> {
    run(bench, "static", 10.0)
}

pub(super) fn with_default(bench: &Bench) -> Outcome<Findings> {
    run(bench, "minilm", 15.0)
}

fn run(bench: &Bench, embedder: &str, most_millis: f64) -> Outcome<Findings> {
    let prepared = Prepared::items(bench, 1, bench.size(100_000, 2000), embedder)?;
    let stage = prepared.serve(&[("EMBEDDER", embedder), PATIENT])?;
    let project = prepared.project()?;
    let cold = stage.warm(project)?;
    let [own, alone] = compare(
        bench,
        [
            asking(bench, &stage, project),
            Contestant::new("ai-pm, one client", ALONE, |round| stage.ask_alone(bench, project, round)),
        ],
    )?;
    let figures = vec![
        Figure::new("p99, one client", Unit::Millis, alone.each(|run| run.p99), Target::Most(most_millis)),
        Figure::new("recalls, 32 clients", Unit::Rate, own.rates(), Target::Least(200.0)),
        Figure::told("the first recall, which builds the index", Unit::Millis, vec![cold]),
    ];
    let settings = format!("EMBEDDER={embedder} {}={}", PATIENT.0, PATIENT.1);
    Ok(Findings { settings, sides: vec![own, alone], figures })
}
