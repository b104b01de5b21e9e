//! Recalls from a small project with the static model.

use super::CLIENTS;
use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};
use crate::wrk::Requests;
use crate::{Outcome, bodies};

/// Items of the project.
pub(super) const ITEMS: usize = 1000;
/// Questions of a turn; a fast server is asked some of them again.
pub(super) const QUESTIONS: usize = 20_000;
/// How one client is measured.
pub(super) const ALONE: &str =
    "one connection, one request after the other, at least 2,000 a round, timed by the client";

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let stage = Stage::fresh(bench, &[("EMBEDDER", "static")])?;
    let project = stage.client.project("small")?;
    stage.client.fill(&project, ITEMS, 11)?;
    stage.client.settle(bench.turn() * 60)?;
    let bare = Server::bare(0)?;
    let stored = |round| {
        bodies::write_items(&bench.bodies(), &project, 500, round)?;
        Ok(Requests::Post { path: "/".to_owned(), bodies: bench.bodies() })
    };
    let [bare, own, alone] = compare(
        bench,
        [
            Contestant::loaded("bare axum, POST of 360 bytes", &bare, &stage.key, CLIENTS, bench, stored),
            Contestant::loaded("ai-pm, 32 clients", &stage.server, &stage.key, CLIENTS, bench, |round| {
                questions(bench, &project, round)
            }),
            Contestant::new("ai-pm, one client", ALONE, |round| stage.ask_alone(bench, &project, round)),
        ],
    )?;
    let figures = vec![
        Figure::new("to bare axum, 32 clients", Unit::Times, own.ratios(&bare), Target::Least(0.15)),
        Figure::new("p99, one client", Unit::Millis, alone.each(|run| run.p99), Target::Most(1.0)),
    ];
    Ok(Findings { settings: "EMBEDDER=static".to_owned(), sides: vec![bare, own, alone], figures })
}

/// Recalls whose questions differ from each other and from those of other rounds.
pub(super) fn questions(bench: &Bench, project: &str, round: u64) -> Outcome<Requests> {
    bodies::write_questions(&bench.bodies(), project, QUESTIONS, 100 + round)?;
    Ok(Requests::Post { path: "/api/memory/recall".to_owned(), bodies: bench.bodies() })
}
