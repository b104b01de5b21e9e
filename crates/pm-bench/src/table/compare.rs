//! Contestants that take turns, so that a slow moment of the machine hits all alike.

use std::path::Path;

use super::Bench;
use crate::Outcome;
use crate::process::Server;
use crate::spread::Spread;
use crate::wrk::{self, Requests};

/// Clients at a time where nothing else is said.
pub const CLIENTS: u32 = 32;

/// What one turn of a contestant came to.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How often a second.
    pub rate: f64,
    /// Microseconds of CPU each time, of the server alone.
    pub cpu_us: Option<f64>,
    /// Milliseconds that half of them took at most.
    pub p50: Option<f64>,
    /// Milliseconds that 99 % took at most.
    pub p99: Option<f64>,
    /// The most MiB that were ever resident.
    pub peak_mib: Option<f64>,
}

impl Run {
    /// Of one thing after the other, each of which took so many milliseconds.
    pub fn of_millis(millis: &[f64]) -> Outcome<Self> {
        let Spread { count, median, p99, .. } = Spread::of(millis)?;
        let rate = f64::from(u32::try_from(count)?) * 1000.0 / millis.iter().sum::<f64>();
        Ok(Self { rate, cpu_us: None, p50: Some(median), p99: Some(p99), peak_mib: None })
    }
}

/// Who takes turns.
pub struct Contestant<'a> {
    who: &'static str,
    how: String,
    turn: Box<dyn FnMut(u64) -> Outcome<Run> + 'a>,
}

impl<'a> Contestant<'a> {
    /// One that is called so and measured by this command, or as this text says; its turn is given the number of the
    /// round, from 1.
    pub fn new(
        who: &'static str,
        how: impl Into<String>,
        turn: impl FnMut(u64) -> Outcome<Run> + 'a,
    ) -> Self {
        Self { who, how: how.into(), turn: Box::new(turn) }
    }

    /// A server from which 32 clients get one path.
    pub fn getting(
        who: &'static str,
        server: &'a Server,
        key: &'a str,
        path: &'a str,
        bench: &'a Bench,
    ) -> Self {
        let requests = Requests::Get(path.to_owned());
        let how = wrk::shown(CLIENTS, bench.seconds, path);
        Self::new(who, how, move |_| load(bench, server, key, CLIENTS, &requests))
    }

    /// A server to which 32 clients post; `write` writes the bodies of a round into a file.
    pub fn posting(
        who: &'static str,
        server: &'a Server,
        key: &'a str,
        path: &'a str,
        bench: &'a Bench,
        mut write: impl FnMut(&Path, u64) -> Outcome<()> + 'a,
    ) -> Self {
        let requests = Requests::Post { path: path.to_owned(), bodies: bench.bodies() };
        let how = wrk::shown(CLIENTS, bench.seconds, path);
        Self::new(who, how, move |round| {
            write(&bench.bodies(), round)?;
            load(bench, server, key, CLIENTS, &requests)
        })
    }
}

/// What a server comes to under the load of wrk.
pub fn load(
    bench: &Bench,
    server: &Server,
    key: &str,
    connections: u32,
    requests: &Requests,
) -> Outcome<Run> {
    let before = server.cpu_seconds()?;
    let load = wrk::run(&server.url, requests, key, connections, bench.seconds, bench.scratch.path())?;
    if load.errors > 0 {
        return Err(format!("{} of the answers were no success", load.errors).into());
    }
    if load.rate <= 0.0 {
        return Err("nothing was answered".into());
    }
    let cpu_us = (server.cpu_seconds()? - before) * 1e6 / (load.rate * f64::from(bench.seconds));
    Ok(Run {
        rate: load.rate,
        cpu_us: Some(cpu_us),
        p50: Some(load.p50),
        p99: Some(load.p99),
        peak_mib: Some(server.peak_mib()?),
    })
}

/// What all turns of a contestant came to.
pub struct Side {
    /// Its name.
    pub who: &'static str,
    /// The command, or how it was measured without one.
    pub how: String,
    /// One for each round.
    pub runs: Vec<Run>,
}

impl Side {
    /// One figure of each run; those that lack it are left out.
    pub fn each(&self, figure: impl Fn(&Run) -> Option<f64>) -> Vec<f64> {
        self.runs.iter().filter_map(figure).collect()
    }

    /// The rate of each round.
    pub fn rates(&self) -> Vec<f64> {
        self.each(|run| Some(run.rate))
    }

    /// The rate of each round as a part of the yardstick's in the same round.
    pub fn ratios(&self, yardstick: &Self) -> Vec<f64> {
        self.runs.iter().zip(&yardstick.runs).map(|(own, other)| own.rate / other.rate).collect()
    }
}

/// Has them take turns; what each came to, in the same order.
pub fn compare<const N: usize>(bench: &Bench, mut contestants: [Contestant<'_>; N]) -> Outcome<[Side; N]> {
    let mut runs = [const { Vec::new() }; N];
    for round in 1..=bench.rounds {
        for (contestant, runs) in contestants.iter_mut().zip(&mut runs) {
            let run = (contestant.turn)(round).map_err(|error| format!("{}: {error}", contestant.who))?;
            eprintln!("  round {round}, {}: {:.1}/s", contestant.who, run.rate);
            runs.push(run);
        }
    }
    let mut runs = runs.into_iter();
    Ok(contestants.map(|Contestant { who, how, .. }| Side {
        who,
        how,
        runs: runs.next().unwrap_or_default(),
    }))
}
