//! Recalls from a small project with the static model.

use std::path::Path;
use std::time::Duration;

use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};
use crate::{Outcome, bodies};

/// Items of the project.
pub(super) const ITEMS: usize = 1000;
/// Questions of a turn; a fast server is asked some of them again.
const QUESTIONS: usize = 20_000;
/// How one client is measured.
pub(super) const ALONE: &str =
    "one connection, one request after the other, 2,000 a round or four turns, timed by the client";

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let stage = Stage::fresh(bench, &[("EMBEDDER", "static")])?;
    let project = stage.client.project("small")?;
    stage.client.fill(&project, ITEMS, 11)?;
    stage.client.settle(Duration::from_mins(15))?;
    stage.warm(&project)?;
    let bare = Server::bare(0)?;
    let [bare, own, alone] = compare(
        bench,
        [
            Contestant::posting(
                "bare axum, POST of 360 bytes",
                &bare,
                &stage.key,
                "/",
                bench,
                |file, round| bodies::write_items(file, &project, ITEMS, round),
            ),
            asking(bench, &stage, &project),
            Contestant::new("ai-pm, one client", ALONE, |round| stage.ask_alone(bench, &project, round)),
        ],
    )?;
    let figures = vec![
        Figure::new("to bare axum, 32 clients", Unit::Times, own.ratios(&bare), Target::Least(0.15)),
        Figure::new("p99, one client", Unit::Millis, alone.each(|run| run.p99), Target::Most(1.0)),
    ];
    Ok(Findings { settings: "EMBEDDER=static".to_owned(), sides: vec![bare, own, alone], figures })
}

/// 32 clients whose questions differ from each other and from those of other rounds.
pub(super) fn asking<'a>(bench: &'a Bench, stage: &'a Stage, project: &'a str) -> Contestant<'a> {
    let write = |file: &Path, round| bodies::write_questions(file, project, QUESTIONS, 100 + round);
    Contestant::posting("ai-pm, 32 clients", &stage.server, &stage.key, "/api/memory/recall", bench, write)
}
