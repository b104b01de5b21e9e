//! Much data: how long a start takes, and what memory the indexes take that come and go.

use crate::Outcome;
use crate::spread::Spread;
use crate::table::figure::{Figure, Target, Unit};
use crate::table::prepared::Prepared;
use crate::table::{Bench, Findings};

/// What the indexes may take, far less than all of them together: MiB.
const INDEX_MEMORY: u32 = 128;
/// What all else may take beside them: MiB.
const REST: f64 = 60.0;
const ITEMS: usize = 1000;
/// Starts, each after `kill -9`.
const STARTS: usize = 7;

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let projects = bench.size(1000, 20);
    let prepared = Prepared::items(bench, projects, ITEMS, "static")?;
    let memory = INDEX_MEMORY.to_string();
    let settings = [("EMBEDDER", "static"), ("INDEX_MEMORY_MB", memory.as_str())];
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let stage = prepared.serve(&settings)?;
        starts.push(stage.server.started_in.as_secs_f64() * 1000.0);
        stage.server.kill()?;
    }
    let stage = prepared.serve(&settings)?;
    let projects = prepared.content.projects.iter();
    let cold = projects.map(|project| stage.warm(project)).collect::<Outcome<Vec<_>>>()?;
    let most = f64::from(INDEX_MEMORY) + REST;
    let Spread { p99, .. } = Spread::of(&cold)?;
    let bytes = f64::from(u32::try_from(prepared.bytes()? / 1000)?) / 1000.0;
    let resident = vec![stage.server.resident_mib()?];
    let figures = vec![
        Figure::new("start to first answer, after kill -9", Unit::Millis, starts, Target::Most(100.0)),
        Figure::new(
            format!("resident after a recall in each project, INDEX_MEMORY_MB={INDEX_MEMORY}"),
            Unit::Mebibytes,
            resident,
            Target::Most(most),
        ),
        Figure::told("the most that was ever resident", Unit::Mebibytes, vec![stage.server.peak_mib()?]),
        Figure::told("the first recall in a project, which builds its index", Unit::Millis, cold),
        Figure::told("p99 of those", Unit::Millis, vec![p99]),
        Figure::told("on the disk", Unit::Megabytes, vec![bytes]),
    ];
    let settings = format!("EMBEDDER=static INDEX_MEMORY_MB={INDEX_MEMORY}");
    Ok(Findings { settings, sides: Vec::new(), figures })
}
