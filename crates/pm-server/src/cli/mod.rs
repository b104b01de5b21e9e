//! The commands. Exit codes: 0 done, 1 failed, 2 wrong use or configuration.

mod config;
mod key;
mod mcp;
mod openapi;
mod serve;
mod transfer;
mod user;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Sources};

/// The backend of an AI project manager: keeps projects, their messages and a typed memory, and recalls it.
#[derive(Parser)]
#[command(
    name = "ai-pm",
    version,
    about,
    after_help = "Settings come from the environment, .env and ai-pm.toml: see `ai-pm config`."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve,
    /// Print every setting in force and where it came from.
    Config,
    /// Print the OpenAPI document.
    Openapi,
    /// Write one project as NDJSON: the project, its items, its messages.
    Export(transfer::Export),
    /// Read NDJSON, or what other tools keep, into a new project.
    Import(transfer::Import),
    /// Serve coding agents over standard input and output, by the Model Context Protocol.
    Mcp(mcp::Mcp),
    /// Make, list and revoke API keys, also while a server runs.
    #[command(subcommand)]
    Key(key::Key),
    /// Make users known, list them, give them a password, remove them, also while a server runs.
    #[command(subcommand)]
    User(user::User),
}

/// Why a command failed.
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// It was used or configured wrongly.
    fn usage(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }

    /// It was right, and failed.
    fn failed(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }
}

/// Runs the command that the command line names.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            // Printing to a closed terminal is nobody's loss.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let done = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => load().and_then(|config| serve::run(&config)),
        Command::Config => load().and_then(|config| config::print(&config)),
        Command::Openapi => openapi::print(),
        Command::Export(export) => export.run(),
        Command::Import(import) => import.run(),
        Command::Mcp(mcp) => mcp::run(mcp),
        Command::Key(key) => key::run(key),
        Command::User(user) => user::run(user),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            eprintln!("ai-pm: {message}");
            ExitCode::from(code)
        }
    }
}

fn load() -> Result<Config, Failure> {
    Config::load(&Sources::from_process()).map_err(Failure::usage)
}

/// Writes a line to standard output. Unlike `println!`, it does not panic where nobody reads it any more.
fn say(line: impl Display) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(unsaid)
}

/// Standard output cannot be written.
#[expect(clippy::needless_pass_by_value, reason = "the signature that `map_err` asks for")]
fn unsaid(error: std::io::Error) -> Failure {
    Failure::failed(format!("standard output: {error}"))
}

/// A runtime for a command that waits for things.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)
}
