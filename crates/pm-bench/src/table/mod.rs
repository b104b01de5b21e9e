//! Every case beside its yardstick, as the tables of `docs/benchmarks.md`.

mod cases;
mod compare;
mod figure;
mod machine;
mod one_core;
mod prepared;
mod report;
mod stage;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cases::{CASES, Case};
use compare::Side;
use figure::Figure;
use machine::Machine;

pub use compare::Run;
use tempfile::TempDir;

use crate::Outcome;

/// What is asked of the tables.
#[derive(clap::Args)]
pub struct Table {
    /// Short turns and little data: to see that all of it runs, not to measure.
    #[arg(long)]
    quick: bool,
    /// Only this case; may be repeated.
    #[arg(long = "only", value_name = "NAME")]
    only: Vec<String>,
    /// The document whose marked part the tables take.
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
}

/// How everything is measured.
pub struct Bench {
    /// How often contestants take turns.
    pub rounds: u64,
    /// How long a turn lasts.
    pub seconds: u32,
    /// Requests of a client that is alone, in each round, if they fit into four turns.
    pub calls: usize,
    /// Little data.
    pub quick: bool,
    /// Where data is kept: on the disk on which the program lies.
    pub folder: PathBuf,
    /// What this run alone needs: another may go on beside it.
    pub scratch: TempDir,
}

impl Bench {
    fn new(quick: bool) -> Outcome<Self> {
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).ok_or("the program does not lie in target")?;
        let folder = target.join("bench-data");
        fs::create_dir_all(&folder)?;
        let (rounds, seconds, calls) = if quick { (2, 1, 250) } else { (5, 5, 2050) };
        let scratch = tempfile::tempdir_in(&folder)?;
        Ok(Self { rounds, seconds, calls, quick, folder, scratch })
    }

    /// How long a turn lasts.
    pub fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// How much of something there is to be.
    pub fn size(&self, whole: usize, little: usize) -> usize {
        if self.quick { little } else { whole }
    }

    /// The file for the bodies of one turn.
    pub fn bodies(&self) -> PathBuf {
        self.scratch.path().join("bodies")
    }
}

/// What a case came to.
pub struct Findings {
    /// The settings of ai-pm, beside those that every case has.
    pub settings: String,
    /// Who took turns.
    pub sides: Vec<Side>,
    /// What is concluded of it.
    pub figures: Vec<Figure>,
}

/// Measures, prints, and writes into the document. A case that fails is told there, and is a failure at the end.
pub fn run(table: &Table) -> Outcome<()> {
    let chosen = chosen(&table.only)?;
    let missing = missing(&chosen);
    if !missing.is_empty() {
        return Err(format!("install what is missing: `apt-get install {}`", missing.join(" ")).into());
    }
    if let Some(document) = &table.into {
        // Not found out after an hour.
        report::split(&fs::read_to_string(document)?)?;
    }
    let (bench, machine) = (Bench::new(table.quick)?, Machine::read());
    let mut measured = Vec::new();
    for case in chosen {
        eprintln!("{}: {}", case.name, case.title);
        let beginning = Instant::now();
        let findings = (case.run)(&bench).map_err(|error| error.to_string());
        match &findings {
            Ok(_) => eprintln!("  took {:.0} s", beginning.elapsed().as_secs_f64()),
            Err(error) => eprintln!("  failed: {error}"),
        }
        measured.push((case, findings));
    }
    let text = report::write(&bench, &machine, &measured);
    println!("{text}");
    if let Some(document) = &table.into {
        let whole = fs::read_to_string(document)?;
        let (before, after) = report::split(&whole)?;
        fs::write(document, format!("{before}{text}{after}"))?;
    }
    let failed: Vec<_> =
        measured.iter().filter(|(_, findings)| findings.is_err()).map(|(case, _)| case.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

fn chosen(only: &[String]) -> Outcome<Vec<&'static Case>> {
    let unknown = only.iter().find(|name| CASES.iter().all(|case| case.name != **name));
    if let Some(unknown) = unknown {
        let names: Vec<_> = CASES.iter().map(|case| case.name).collect();
        return Err(format!("there is no case {unknown}; there are {}", names.join(", ")).into());
    }
    Ok(CASES.iter().filter(|case| only.is_empty() || only.iter().any(|name| name == case.name)).collect())
}

/// The packages of programs that the cases need and that do not answer.
fn missing(cases: &[&Case]) -> Vec<&'static str> {
    let needed = [
        ("wrk", "wrk", true),
        ("redis-server", "redis-server", false),
        ("redis-benchmark", "redis-tools", false),
    ];
    let absent = |program: &str| {
        let answer =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        answer.is_err()
    };
    let redis = cases.iter().any(|case| case.redis);
    needed
        .into_iter()
        .filter(|(program, _, always)| (*always || redis) && absent(program))
        .map(|(_, package, _)| package)
        .collect()
}
