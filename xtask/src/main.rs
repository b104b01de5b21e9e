//! What developers run: `cargo xtask COMMAND`. Each command is a file of its own.

mod bench;
mod ci;
mod coverage;
mod crash;
mod deny;
mod eval;
mod fuzz;
mod instructions;
mod models;
mod openapi;
mod process;
mod schemathesis;
mod server;
mod servers;
mod test;
mod tidy;
mod tool;

use std::process::ExitCode;

use process::{Done, Failure};

struct Command {
    name: &'static str,
    arguments: &'static str,
    does: &'static str,
    run: fn(&[String]) -> Done,
}

const COMMANDS: [Command; 13] = [
    Command { name: "ci", arguments: "", does: "all that a change must pass, in turn", run: ci::run },
    Command { name: "test", arguments: "[ARGS..]", does: "all tests; ARGS go to cargo test", run: test::run },
    Command { name: "tidy", arguments: "", does: "the invariants of ARCHITECTURE.md", run: tidy::run },
    Command {
        name: "openapi",
        arguments: "[--check]",
        does: "writes openapi.json, or checks that it is up to date",
        run: openapi::run,
    },
    Command {
        name: "schemathesis",
        arguments: "",
        does: "holds a running server to openapi.json, with requests made up from it",
        run: schemathesis::run,
    },
    Command {
        name: "models",
        arguments: "[--check]",
        does: "makes the models in the binary from their packages, or checks that they are what those give",
        run: models::run,
    },
    Command {
        name: "eval",
        arguments: "FOLDER [SET..]",
        does: "recall with each embedder, over HTTP, into the table of docs/recall.md",
        run: eval::run,
    },
    Command {
        name: "bench",
        arguments: "[--quick] [--only CASE]",
        does: "speed and memory beside yardsticks, into the tables of docs/benchmarks.md; takes long",
        run: bench::run,
    },
    Command {
        name: "fuzz",
        arguments: "[--minutes N] [--seed S]",
        does: "gives the parsers that strangers reach what nobody thought of, for N minutes (1)",
        run: fuzz::run,
    },
    Command {
        name: "instructions",
        arguments: "[--update] [PATH..]",
        does: "counts the instructions of the hot paths and compares them with those committed",
        run: instructions::run,
    },
    Command { name: "deny", arguments: "", does: "licences and bans of dependencies", run: deny::run },
    Command {
        name: "coverage",
        arguments: "[--html]",
        does: "how many lines the tests reach; at least 80 % in all",
        run: coverage::run,
    },
    Command {
        name: "crash",
        arguments: "[--rounds N]",
        does: "kills the server while it writes, N times (20), and looks for what is lost",
        run: crash::run,
    },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return usage(&name);
    };
    match (command.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            if !message.is_empty() {
                eprintln!("xtask {name}: {message}");
            }
            ExitCode::from(code)
        }
    }
}

fn usage(name: &str) -> ExitCode {
    let asked = matches!(name, "" | "help" | "--help" | "-h");
    if !asked {
        eprintln!("xtask: there is no command {name:?}");
    }
    eprintln!("cargo xtask COMMAND\n");
    for Command { name, arguments, does, .. } in COMMANDS {
        eprintln!("  {:<30} {does}", format!("{name} {arguments}"));
    }
    ExitCode::from(if asked { 0 } else { 2 })
}
