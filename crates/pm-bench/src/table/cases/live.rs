//! `GET /health/live`: what every request goes through, and nothing else.

use super::CLIENTS;
use crate::Outcome;
use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};
use crate::wrk::Requests;

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let (bare, stage) = (Server::bare(0)?, Stage::fresh(bench, &[])?);
    let get = |path: &str| Requests::Get(path.to_owned());
    let [bare, own] = compare(
        bench,
        [
            Contestant::loaded("bare axum, GET", &bare, &stage.key, CLIENTS, bench, |_| Ok(get("/"))),
            Contestant::loaded("ai-pm", &stage.server, &stage.key, CLIENTS, bench, |_| {
                Ok(get("/health/live"))
            }),
        ],
    )?;
    let ratio = Figure::new("to bare axum", Unit::Times, own.ratios(&bare), Target::Least(0.75));
    Ok(Findings { settings: String::new(), sides: vec![bare, own], figures: vec![ratio] })
}
