//! The commands. Exit codes: 0 done, 1 failed, 2 wrong use or configuration.

mod address;
mod ask;
mod chosen;
mod completions;
mod config;
mod context;
mod count;
mod doctor;
mod door;
mod environment;
mod failure;
mod forget;
mod given;
mod health;
mod key;
mod man;
mod mcp;
mod messages;
mod openapi;
mod projects;
mod recall;
mod remember;
mod screen;
mod serve;
mod stats;
mod transfer;
mod user;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::failure::Failure;
use crate::config::{Config, Sources};

const AFTER_HELP: &str = "\
Examples:
  ai-pm                                           run the server
  ai-pm projects create 'web shop'                make a project
  ai-pm remember login-500 'the pool was 4' --type solution -p 'web shop'
  ai-pm recall why is the login refused -p 'web shop'
  ai-pm doctor                                    find out what is wrong

Without -p, the project is that of AI_PM_PROJECT, else the name of the git remote of the folder.
Exit codes: 0 done, 1 failed, 2 wrong use or configuration. With --json an error is one JSON object too.
Settings come from the environment, .env and ai-pm.toml: see `ai-pm config`.";

/// The backend of an AI project manager: keeps projects, their messages and a typed memory, and recalls it.
#[derive(Parser)]
#[command(name = "ai-pm", version, about, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve,
    /// List projects; make, show, archive, activate and delete them.
    Projects(projects::Projects),
    /// Store an item in the memory of a project.
    Remember(remember::Remember),
    /// Find the items that answer a question, best first.
    Recall(recall::Recall),
    /// Delete an item, or all of a project.
    Forget(forget::Forget),
    /// List the newest messages of a project, or add one.
    Messages(messages::Messages),
    /// Show what an assistant needs for its next answer.
    Context(context::Context),
    /// Count the items of a project.
    Count(count::Count),
    /// Show how much there is, of a project or in all.
    Stats(stats::Stats),
    /// Ask a server whether it is healthy, for containers: exit code 0 if it is, 1 if not.
    Health(health::Health),
    /// Check configuration, store, models, clock, limits, permissions and disk, and say what to do.
    Doctor(doctor::Doctor),
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
    /// Print the completions of a shell.
    Completions(completions::Completions),
    /// Print a man page.
    Man(man::Man),
}

impl Command {
    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Serve => load().and_then(|config| serve::run(&config)),
            Self::Projects(projects) => projects.run(),
            Self::Remember(remember) => remember.run(),
            Self::Recall(recall) => recall.run(),
            Self::Forget(forget) => forget.run(),
            Self::Messages(messages) => messages.run(),
            Self::Context(context) => context.run(),
            Self::Count(count) => count.run(),
            Self::Stats(stats) => stats.run(),
            Self::Health(health) => health.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Config => load().and_then(|config| config::print(&config)),
            Self::Openapi => openapi::print(),
            Self::Export(export) => export.run(),
            Self::Import(import) => import.run(),
            Self::Mcp(mcp) => mcp::run(mcp),
            Self::Key(key) => key::run(key),
            Self::User(user) => user::run(user),
            Self::Completions(completions) => completions.run(),
            Self::Man(man) => man.run(),
        }
    }
}

/// Runs the command that the command line names.
pub fn run() -> ExitCode {
    let as_json = wants_json();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            if code > 0 && as_json {
                Failure::usage(error.render().to_string().trim()).tell(true);
            } else {
                // Printing to a closed terminal is nobody's loss.
                let _ = error.print();
            }
            return ExitCode::from(code);
        }
    };
    match cli.command.unwrap_or(Command::Serve).run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(as_json);
            ExitCode::from(failure.exit)
        }
    }
}

/// Whether the caller is a program, also where the rest of the command line is at fault.
fn wants_json() -> bool {
    std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// All commands, for what is made of them.
fn command() -> clap::Command {
    Cli::command()
}

fn load() -> Result<Config, Failure> {
    Config::load(&Sources::from_process()).map_err(Failure::configuration)
}

/// Writes a line to standard output. One who has read enough (`| head`) is no failure.
fn say(line: impl Display) -> Result<(), Failure> {
    screen::show(&format!("{line}\n"))
}

/// Writes a line to standard error. Unlike `eprintln!`, it does not panic where nobody reads it: who does not listen is not told.
fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
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

#[cfg(test)]
mod tests {
    #[test]
    fn the_commands_fit_together_and_show_examples() {
        super::command().debug_assert();
        for name in [
            "projects",
            "remember",
            "recall",
            "forget",
            "messages",
            "context",
            "count",
            "stats",
            "health",
            "doctor",
            "completions",
            "man",
        ] {
            let mut command = super::command();
            let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();
            assert!(help.contains("Examples:\n  ai-pm "), "{help}");
        }
    }
}
