//! `GET` of a project from the embedded store.

use crate::Outcome;
use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let (bare, stage) = (Server::bare(0)?, Stage::fresh(bench, &[])?);
    let path = format!("/api/projects/{}", stage.client.project("read often")?);
    let [bare, own] = compare(
        bench,
        [
            Contestant::getting("bare axum, GET", &bare, &stage.key, "/", bench),
            Contestant::getting("ai-pm", &stage.server, &stage.key, &path, bench),
        ],
    )?;
    let ratio = Figure::new("to bare axum", Unit::Times, own.ratios(&bare), Target::Least(0.5));
    Ok(Findings { settings: String::new(), sides: vec![bare, own], figures: vec![ratio] })
}
