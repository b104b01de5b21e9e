//! `GET /health/live`: what every request goes through, and nothing else.

use crate::Outcome;
use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let (bare, stage) = (Server::bare(0)?, Stage::fresh(bench, &[])?);
    let [bare, own] = compare(
        bench,
        [
            Contestant::getting("bare axum, GET", &bare, &stage.key, "/", bench),
            Contestant::getting("ai-pm", &stage.server, &stage.key, "/health/live", bench),
        ],
    )?;
    let ratio = Figure::new("to bare axum", Unit::Times, own.ratios(&bare), Target::Least(0.75));
    Ok(Findings { settings: String::new(), sides: vec![bare, own], figures: vec![ratio] })
}
