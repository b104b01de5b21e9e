//! Measures the release build of ai-pm from outside. See `pm-bench --help`.

mod bare;
mod client;
mod footprint;
mod process;
mod throughput;
mod wrk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What is measured can fail in many ways, none of which this program could mend.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Measures the release build of ai-pm from outside (`cargo build --release --workspace` first).
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Requests a second and latency, beside a bare axum server (needs wrk).
    Throughput {
        /// Seconds of each case.
        #[arg(long, default_value_t = 8)]
        seconds: u32,
        /// Rounds; the median is printed.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Start to first answer, and resident memory: empty, and with 100,000 items in 100 projects.
    Footprint,
    /// The yardstick itself: a bare axum server on a free port, which it prints.
    Bare,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Throughput { seconds, rounds } => throughput::run(seconds, rounds),
        Command::Footprint => footprint::run(),
        Command::Bare => bare::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pm-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
