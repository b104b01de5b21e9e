//! Fuzzes the parsers that strangers reach. `cargo xtask fuzz` runs it; see `pm-fuzz --help`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use pm_fuzz::{Finding, Outcome, Run, corpus, quiet, target};

/// How long one target is at it before the next.
const TURN: Duration = Duration::from_millis(500);

/// Changes what is in the corpus and gives it to the parsers; what they do not bear goes into the corpus.
#[derive(Parser)]
struct Cli {
    /// Minutes for all targets together; fractions are taken.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Where the changes begin: the same seed makes the same changes. A new one each time unless it is given.
    #[arg(long)]
    seed: Option<u64>,
    /// Only the target of this name.
    #[arg(long)]
    target: Option<String>,
}

fn main() -> ExitCode {
    match fuzz(&Cli::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(found) => {
            eprintln!("pm-fuzz: {found} found: mend the parser and commit what is in the corpus now");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("pm-fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz(cli: &Cli) -> Outcome<usize> {
    let seed = cli.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let time = Duration::try_from_secs_f64(cli.minutes * 60.0)?;
    quiet();
    let (folder, mut found) = (corpus::folder(), 0);
    let mut runs = Vec::new();
    for target in target::all()? {
        if cli.target.as_deref().is_some_and(|only| only != target.name()) {
            continue;
        }
        let good = target.good();
        let committed = corpus::read(&folder, target.name())?.into_iter().map(|(_, input)| input);
        let mut inputs: Vec<_> = good.into_iter().map(|(_, input)| input).chain(committed).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let mut run = Run::new(target, inputs.clone(), seed);
        let bad: Vec<_> = inputs.iter().filter_map(|input| run.replay(input).err()).collect();
        found += bad.len();
        for finding in &bad {
            tell(&run, finding);
        }
        runs.push((run, bad.is_empty()));
    }
    eprintln!("seed {seed}, {} s for {} targets", time.as_secs(), runs.len());
    let began = Instant::now();
    while began.elapsed() < time && runs.iter().any(|(_, goes_on)| *goes_on) {
        for (run, goes_on) in runs.iter_mut().filter(|(_, goes_on)| *goes_on) {
            if let Some(finding) = turn(run) {
                let path = corpus::write(&folder, run.name(), "found", &finding.input)?;
                tell(run, &finding);
                eprintln!("  written to {}", path.display());
                // The next one would most likely be the same.
                (*goes_on, found) = (false, found + 1);
            }
        }
    }
    for (run, _) in &runs {
        let (slowest, input) = &run.slowest;
        println!(
            "{:<10} {:>10} executions, {} taken, {} kinds of outcome, {} kept; slowest {slowest:.1?} for {} bytes",
            run.name(),
            run.executions,
            run.accepted,
            run.outcomes(),
            run.kept().len(),
            input.len(),
        );
    }
    Ok(found)
}

fn turn(run: &mut Run) -> Option<Finding> {
    let began = Instant::now();
    while began.elapsed() < TURN {
        for _ in 0..16 {
            if let Err(finding) = run.step() {
                return Some(finding);
            }
        }
    }
    None
}

fn tell(run: &Run, finding: &Finding) {
    eprintln!("{}: {}", run.name(), finding.why);
    eprintln!("  for {:?}", String::from_utf8_lossy(&finding.input));
}
