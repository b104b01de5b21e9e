//! The first recall of a project after a start, and what those of another project see of it meanwhile.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::connection::Connection;
use super::figures::{Latency, recall};
use super::{fill, machine, server};
use crate::Outcome;
use crate::process::Server;
use crate::text::Writer;

/// All indexes fit.
const INDEX_MEMORY_MB: u32 = 2048;
/// Items of the project that is warm.
const WARM_ITEMS: usize = 1_000;
/// Between two cold recalls: what is seen then is compared with what is seen meanwhile.
const PAUSE: Duration = Duration::from_millis(150);

/// Cold recalls among so many items, each the first in a project of its own.
#[derive(Serialize)]
pub struct Cold {
    items: usize,
    /// While nothing else is asked.
    first_ms: Latency,
    /// While the warm project is asked all the time.
    first_beside_ms: Latency,
    /// Recalls of the warm project while no index is loaded.
    alone_ms: Latency,
    /// The same while one is.
    meanwhile_ms: Latency,
    /// The same while nothing is loaded, but another process keeps a core busy.
    busy_core_ms: Latency,
}

/// The longest that a core is kept busy for comparison.
const BUSY: Duration = Duration::from_secs(10);

/// When something was asked, and when it was answered.
type Span = (Instant, Instant);

/// Two clients: one that asks cold projects, and one that asks the warm one all the time.
pub fn measure(folder: &Path, quick: bool) -> Outcome<Vec<Cold>> {
    // The small ones are done so soon that it takes many to see anything meanwhile.
    let sizes: &[(usize, usize)] = if quick {
        &[(100, 20), (1_000, 10)]
    } else {
        &[(100, 120), (1_000, 60), (10_000, 16), (100_000, 4)]
    };
    let filling = server(folder, INDEX_MEMORY_MB)?;
    let mut connection = Connection::open(&filling)?;
    let warm = fill::project(&mut connection, "warm")?;
    fill::items(&mut connection, &warm, 0..WARM_ITEMS)?;
    let mut projects = Vec::new();
    for (items, count) in sizes.iter().copied() {
        let mut ids = Vec::new();
        for n in 0..count {
            let id = fill::project(&mut connection, &format!("cold {n} of {items}"))?;
            if !fill::items(&mut connection, &id, 0..items)? {
                return Err(fill::TOO_SLOW.into());
            }
            ids.push(id);
        }
        projects.push((items, ids));
    }
    filling.kill()?;
    println!(
        "\n| cold items | first recall p50 ms | most | beside a warm one p50 | most | warm, alone p50 ms | p99 | most | meanwhile p50 | p99 | most | busy core p50 | p99 | most |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    );
    let server = server(folder, INDEX_MEMORY_MB)?;
    let mut measured = Vec::new();
    for (items, ids) in projects {
        let cold = one_size(&server, &warm, items, &ids)?;
        let told = |latency: &Latency| format!("{} | {} | {}", latency.p50, latency.p99, latency.most);
        println!(
            "| {items} | {} | {} | {} | {} | {} | {} | {} |",
            cold.first_ms.p50,
            cold.first_ms.most,
            cold.first_beside_ms.p50,
            cold.first_beside_ms.most,
            told(&cold.alone_ms),
            told(&cold.meanwhile_ms),
            told(&cold.busy_core_ms)
        );
        measured.push(cold);
    }
    Ok(measured)
}

fn one_size(server: &Server, warm: &str, items: usize, cold: &[String]) -> Outcome<Cold> {
    // One half is loaded while nothing else is asked.
    let (quiet, cold) = cold.split_at(cold.len() / 2);
    let quiet_spans = load(server, quiet)?;
    let over = AtomicBool::new(false);
    let (warm_spans, cold_spans, busy) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_until(server, warm, &over).map_err(|error| error.to_string()));
        let loaded = load(server, cold);
        // As long as the loading took, so that what comes seldom comes as often.
        let loading = loaded.iter().flatten().map(|(began, ended)| *ended - *began).sum::<Duration>();
        let began = Instant::now();
        machine::spin(loading.clamp(Duration::from_secs(1), BUSY));
        let busy = (began, Instant::now());
        over.store(true, Ordering::Relaxed);
        let asked = asking.join().map_err(|_| "the warm client panicked")??;
        Outcome::Ok((asked, loaded?, busy))
    })?;
    let touches = |(began, ended): &Span, (from, to): &Span| began < to && ended > from;
    let (mut alone, mut meanwhile, mut busy_core) = (Vec::new(), Vec::new(), Vec::new());
    for span in &warm_spans {
        let when = if cold_spans.iter().any(|cold| touches(span, cold)) {
            &mut meanwhile
        } else if touches(span, &busy) {
            &mut busy_core
        } else {
            &mut alone
        };
        when.push(millis(span));
    }
    Ok(Cold {
        items,
        first_ms: Latency::of(&quiet_spans.iter().map(millis).collect::<Vec<_>>())?,
        first_beside_ms: Latency::of(&cold_spans.iter().map(millis).collect::<Vec<_>>())?,
        alone_ms: Latency::of(&alone)?,
        meanwhile_ms: Latency::of(&meanwhile)?,
        busy_core_ms: Latency::of(&busy_core)?,
    })
}

/// Asks each of the cold projects once.
fn load(server: &Server, cold: &[String]) -> Outcome<Vec<Span>> {
    let (mut connection, mut random) = (Connection::open(server)?, Writer::new(3));
    let load = |project: &String| {
        std::thread::sleep(PAUSE);
        let began = Instant::now();
        recall(&mut connection, project, &mut random)?;
        Ok((began, Instant::now()))
    };
    cold.iter().map(load).collect()
}

/// Asks the warm project all the time.
fn ask_until(server: &Server, warm: &str, over: &AtomicBool) -> Outcome<Vec<Span>> {
    let (mut connection, mut random, mut spans) = (Connection::open(server)?, Writer::new(5), Vec::new());
    for _ in 0..20 {
        recall(&mut connection, warm, &mut random)?;
    }
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        recall(&mut connection, warm, &mut random)?;
        spans.push((began, Instant::now()));
    }
    Ok(spans)
}

fn millis((began, ended): &Span) -> f64 {
    (*ended - *began).as_secs_f64() * 1000.0
}
