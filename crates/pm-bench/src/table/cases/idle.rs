//! A server without data: its start, its memory, and the size of the binary.

use std::fs;
use std::time::Duration;

use crate::Outcome;
use crate::process::beside;
use crate::table::figure::{Figure, Target, Unit};
use crate::table::stage::Stage;
use crate::table::{Bench, Findings};

const STARTS: usize = 15;

pub(super) fn run(bench: &Bench) -> Outcome<Findings> {
    let (mut starts, mut resident, mut used) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let stage = Stage::fresh(bench, &[])?;
        starts.push(stage.server.started_in.as_secs_f64() * 1000.0);
        resident.push(stage.server.resident_mib()?);
        let project = stage.client.project("first")?;
        stage.client.fill(&project, 1, 1)?;
        stage.client.settle(Duration::from_secs(30))?;
        stage.warm(&project)?;
        used.push(stage.server.resident_mib()?);
    }
    let binary = f64::from(u32::try_from(fs::metadata(beside("ai-pm")?)?.len())?) / 1e6;
    let figures = vec![
        Figure::new("start to first answer", Unit::Millis, starts, Target::Most(50.0)),
        Figure::new("resident after the start", Unit::Mebibytes, resident, Target::Most(30.0)),
        Figure::told("resident after the model was used by a store and a recall", Unit::Mebibytes, used),
        Figure::new("the binary, built with `--release`", Unit::Megabytes, vec![binary], Target::Most(50.0)),
    ];
    Ok(Findings { settings: String::new(), sides: Vec::new(), figures })
}
