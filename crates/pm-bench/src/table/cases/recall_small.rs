//! Recalls from a small project with the static model.

use std::path::Path;
use std::time::Duration;

use crate::process::Server;
use crate::table::compare::{Contestant, compare};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::{Stage, post_alone};
use crate::table::{Bench, Findings, one_core};
use crate::text::Writer;
use crate::{Outcome, bodies};

/// Items of the project.
pub(super) const ITEMS: usize = 1000;
/// Questions of a turn; a fast server is asked some of them again.
const QUESTIONS: usize = 20_000;
/// How one client is measured.
pub(super) const ALONE: &str =
    "one connection, one request after the other, 2,000 a round or four turns, timed by the client";
/// How one client is measured for which no core has to wake.
const NEAR: &str = "the same, while the client and all threads of the server have one core";

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let stage = Stage::fresh(bench, &[("EMBEDDER", "static")])?;
    let project = stage.client.project("small")?;
    stage.client.fill(&project, ITEMS, 11)?;
    stage.client.settle(Duration::from_mins(15))?;
    stage.warm(&project)?;
    let bare = Server::bare(0)?;
    let post = |round| {
        let mut writer = Writer::new(2_000_000 + round);
        let bodies = (0..bench.calls).map(|n| bodies::item(&project, &format!("item-{n}"), &mut writer));
        post_alone(bench, &bare, &stage.key, "/", bodies)
    };
    let ask = |round| stage.ask_alone(bench, &project, round);
    let [bare_load, own, bare_alone, alone, bare_near, near] = compare(
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
            Contestant::new("bare axum, one client", ALONE, post),
            Contestant::new("ai-pm, one client", ALONE, ask),
            Contestant::new("bare axum, one client on its core", NEAR, |round| {
                one_core::shared(&bare, || post(round))
            }),
            Contestant::new("ai-pm, one client on its core", NEAR, |round| {
                one_core::shared(&stage.server, || ask(round))
            }),
        ],
    )?;
    let figures = vec![
        Figure::new("to bare axum, 32 clients", Unit::Times, own.ratios(&bare_load), Target::Least(0.15)),
        Figure::new("p99, one client", Unit::Millis, alone.each(|run| run.p99), Target::Most(1.0)),
        Figure::new("p50, one client", Unit::Millis, alone.each(|run| run.p50), Target::Most(0.25)),
        Figure::new(
            "p50, one client on its core",
            Unit::Millis,
            near.each(|run| run.p50),
            Target::Most(0.25),
        ),
    ];
    let sides = vec![bare_load, own, bare_alone, alone, bare_near, near];
    Ok(Findings { settings: "EMBEDDER=static".to_owned(), sides, figures })
}

/// 32 clients whose questions differ from each other and from those of other rounds.
pub(super) fn asking<'a>(bench: &'a Bench, stage: &'a Stage, project: &'a str) -> Contestant<'a> {
    let write = |file: &Path, round| bodies::write_questions(file, project, QUESTIONS, 100 + round);
    Contestant::posting("ai-pm, 32 clients", &stage.server, &stage.key, "/api/memory/recall", bench, write)
}
