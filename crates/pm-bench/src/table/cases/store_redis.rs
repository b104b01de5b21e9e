//! Items stored one at a time on Redis.

use crate::table::compare::{CLIENTS, Contestant, compare, load};
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};
use crate::wrk::{Requests, shown};
use crate::yardstick::redis;
use crate::{Outcome, bodies};
use pm_testbed::Product;

const STORE: &str = "/api/memory/store";
/// Bytes of a value: as many as the body of a store.
const BYTES: usize = 360;
/// SETs of a turn for each second that it is to last.
const SETS: u32 = 50_000;
/// Keys a second of a turn: more than are stored, so that hardly an item is replaced.
const KEYS: usize = 10_000;

/// Both speak to one server, which writes nothing to the disk.
pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let server = pm_testbed::Server::start(Product::Redis);
    let url = format!("redis://{}:{}/1", server.host(), server.port());
    let stage = Stage::fresh(bench, &[("REDIS_URL", &url), ("EMBEDDER", "static")])?;
    let sets = SETS * bench.seconds;
    let mut redis_us = Vec::new();
    let how = format!("`redis-benchmark {}`", redis::arguments(CLIENTS, sets, BYTES).join(" "));
    let [raw, own] = compare(
        bench,
        [
            Contestant::new("raw Redis, SET", how, |_| redis::run(&server, CLIENTS, sets, BYTES)),
            Contestant::new("ai-pm", shown(CLIENTS, bench.seconds, STORE), |round| {
                let project = stage.client.project(&format!("written {round}"))?;
                // Loads its index, so that each store is noted to be caught up with.
                stage.warm(&project)?;
                let count = KEYS * usize::try_from(bench.seconds)?;
                bodies::write_items(&bench.bodies(), &project, count, round)?;
                let requests = Requests::Post { path: STORE.to_owned(), bodies: bench.bodies() };
                let before = server.cpu_seconds();
                let run = load(bench, &stage.server, &stage.key, CLIENTS, &requests)?;
                redis_us.push((server.cpu_seconds() - before) * 1e6 / (run.rate * f64::from(bench.seconds)));
                Ok(run)
            }),
        ],
    )?;
    let figures = vec![
        Figure::new("to raw Redis", Unit::Times, own.ratios(&raw), Target::Least(0.25)),
        Figure::told("CPU of Redis for a store", Unit::Micros, redis_us),
        Figure::told("CPU of Redis for a SET", Unit::Micros, raw.each(|run| run.cpu_us)),
    ];
    let settings = "EMBEDDER=static REDIS_URL=redis://127.0.0.1:PORT/1".to_owned();
    Ok(Findings { settings, sides: vec![raw, own], figures })
}
