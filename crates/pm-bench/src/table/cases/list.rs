//! A page of 1,000 projects.

use crate::Outcome;
use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};

const PROJECTS: usize = 1000;
const PATH: &str = "/api/projects?limit=1000";

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let stage = Stage::fresh(bench, &[])?;
    for n in 0..PROJECTS {
        stage.client.project(&format!("project {n}"))?;
    }
    let bytes = stage.client.get(PATH)?.len();
    let bare = Server::bare(bytes)?;
    let [bare, own] = compare(
        bench,
        [
            Contestant::getting("bare axum, the same bytes", &bare, &stage.key, "/prepared", bench),
            Contestant::getting("ai-pm", &stage.server, &stage.key, PATH, bench),
        ],
    )?;
    let what = format!("to bare axum, {bytes} bytes each");
    let ratio = Figure::new(what, Unit::Times, own.ratios(&bare), Target::Least(0.3));
    Ok(Findings { settings: String::new(), sides: vec![bare, own], figures: vec![ratio] })
}
