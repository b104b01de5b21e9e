//! Measures the release build of ai-pm from outside. See `pm-bench --help`.

mod agents;
mod bodies;
mod client;
mod descriptors;
mod growth;
mod keys;
mod latency;
mod logins;
mod nodes;
mod process;
mod siege;
mod spread;
mod table;
mod text;
mod vault;
mod wrk;
mod yardstick;

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
    /// Speed and memory of every case beside its yardstick, as tables (needs wrk and redis-server).
    Table(table::Table),
    /// What it costs to know who calls, with 50 keys and with many.
    Keys {
        /// How many keys are many.
        #[arg(long, default_value_t = 50_000)]
        many: usize,
        /// Rounds of half a second, a tenth for each case.
        #[arg(long, default_value_t = 300)]
        rounds: usize,
        /// The door itself alone, without HTTP before it.
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
    /// The door for agents: how soon it answers, what it adds to a recall, and many clients of it at once.
    Agents(agents::Agents),
    /// Latency and memory against items, projects and clients, and recalls whose index is not loaded.
    Growth(growth::Growth),
    /// A yardstick by itself: a bare axum server on a free port, which it prints.
    Bare {
        /// How many bytes `GET /prepared` answers.
        #[arg(long, default_value_t = 0)]
        bytes: usize,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Table(table) => table::run(&table),
        Command::Keys { many, rounds, direct } => keys::run(many, rounds, direct),
        Command::Siege(siege) => siege::run(&siege),
        Command::Logins { each } => logins::run(each),
        Command::Nodes { seconds } => nodes::run(seconds),
        Command::Agents(agents) => agents::run(&agents),
        Command::Growth(growth) => growth::run(&growth),
        Command::Bare { bytes } => yardstick::bare::run(bytes),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pm-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
