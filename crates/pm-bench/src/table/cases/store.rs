//! Items stored one at a time in the embedded store, each durable before it is answered.

use crate::table::compare::{Contestant, compare, load};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};
use crate::wrk::{self, Requests};
use crate::yardstick::{group, log::Log, sqlite::Sqlite};
use crate::{Outcome, bodies};

const STORE: &str = "/api/memory/store";
const CLIENTS: u32 = 64;
/// Keys a second of a turn: more than are stored, so that hardly an item is replaced.
const KEYS: usize = 20_000;

pub(super) fn with_static(bench: &Bench) -> Outcome<Findings> {
    run(bench, "static")
}

pub(super) fn with_default(bench: &Bench) -> Outcome<Findings> {
    run(bench, "minilm")
}

/// Everyone begins each round with nothing, so that no round finds more than another.
fn run(bench: &Bench, embedder: &str) -> Outcome<Findings> {
    let writers = usize::try_from(CLIENTS)?;
    let settings = [("EMBEDDER", embedder)];
    let [log, sqlite, own] = compare(
        bench,
        [
            Contestant::new("append log", "64 threads, one fdatasync for all that has queued", |round| {
                let folder = tempfile::tempdir_in(bench.scratch.path())?;
                group::run(&mut Log::create(folder.path())?, writers, bench.turn(), round)
            }),
            Contestant::new("raw SQLite", "64 threads, one commit for all that has queued", |round| {
                let folder = tempfile::tempdir_in(bench.scratch.path())?;
                group::run(&mut Sqlite::create(folder.path())?, writers, bench.turn(), round)
            }),
            Contestant::new("ai-pm", wrk::shown(CLIENTS, bench.seconds, STORE), |round| {
                let stage = Stage::fresh(bench, &settings)?;
                let project = stage.client.project("written")?;
                // Loads its index, so that each store brings it up to date.
                stage.warm(&project)?;
                let count = KEYS * usize::try_from(bench.seconds)?;
                bodies::write_items(&bench.bodies(), &project, count, round)?;
                let requests = Requests::Post { path: STORE.to_owned(), bodies: bench.bodies() };
                load(bench, &stage.server, &stage.key, CLIENTS, &requests)
            }),
        ],
    )?;
    let figures = vec![
        Figure::new("to raw SQLite", Unit::Times, own.ratios(&sqlite), Target::Least(0.6)),
        Figure::new("stores", Unit::Rate, own.rates(), Target::Least(12_000.0)),
        Figure::told("raw SQLite to the append log", Unit::Times, sqlite.ratios(&log)),
    ];
    Ok(Findings { settings: format!("EMBEDDER={embedder}"), sides: vec![log, sqlite, own], figures })
}
