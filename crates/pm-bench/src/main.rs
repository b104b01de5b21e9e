//! Measures the release build of ai-pm from outside. See `pm-bench --help`.

mod bare;
mod client;
mod descriptors;
mod footprint;
mod keys;
mod logins;
mod nodes;
mod process;
mod siege;
mod spread;
mod throughput;
mod vault;
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
    /// What it costs to know who calls, with 50 keys and with many (needs wrk).
    Keys {
        /// How many keys are many.
        #[arg(long, default_value_t = 50_000)]
        many: usize,
        /// Seconds of each case.
        #[arg(long, default_value_t = 2)]
        seconds: u32,
        /// Rounds, beside the first, which is longer and not counted.
        #[arg(long, default_value_t = 15)]
        rounds: usize,
        /// The door itself alone, without HTTP before it (needs no wrk).
        #[arg(long)]
        direct: bool,
    },
    /// Slow connections and junk by the hundred megabytes, and what is left for a normal client.
    Siege(siege::Siege),
    /// Whether the time of a failed log-in tells who is a user, and 100 log-ins at a time.
    Logins {
        /// Failures of each kind.
        #[arg(long, default_value_t = 400)]
        each: usize,
    },
    /// Whether two servers on one Redis count a client's calls together (needs redis-server).
    Nodes {
        /// Seconds that the client calls.
        #[arg(long, default_value_t = 25)]
        seconds: u32,
    },
    /// The yardstick itself: a bare axum server on a free port, which it prints.
    Bare,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Throughput { seconds, rounds } => throughput::run(seconds, rounds),
        Command::Footprint => footprint::run(),
        Command::Keys { many, seconds, rounds, direct } => keys::run(many, seconds, rounds, direct),
        Command::Siege(siege) => siege::run(&siege),
        Command::Logins { each } => logins::run(each),
        Command::Nodes { seconds } => nodes::run(seconds),
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
