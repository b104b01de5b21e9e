//! `cargo xtask ci`: all that a change must pass, the quick things first.

use std::process::Command;
use std::time::Instant;

use crate::process::{self, Done, Failure};
use crate::{deny, instructions, openapi, schemathesis, test, tidy};

struct Step {
    name: &'static str,
    run: fn() -> Done,
}

// The tests come last, so that what cargo says of them stands at the end.
const STEPS: [Step; 9] = [
    Step { name: "fmt", run: || cargo(&["fmt", "--all", "--check"]) },
    Step { name: "tidy", run: || tidy::run(&[]) },
    Step {
        name: "clippy",
        run: || {
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--locked",
                "--",
                "-D",
                "warnings",
            ])
        },
    },
    Step { name: "doc", run: doc },
    Step { name: "deny", run: || deny::run(&[]) },
    Step { name: "openapi", run: || openapi::run(&["--check".to_owned()]) },
    Step { name: "schemathesis", run: || schemathesis::run(&[]) },
    Step { name: "instructions", run: || instructions::run(&[]) },
    Step { name: "test", run: || test::run(&[]) },
];

/// Runs every step up to the first that fails.
pub(crate) fn run(arguments: &[String]) -> Done {
    if !arguments.is_empty() {
        return Err(Failure::usage("takes no arguments"));
    }
    let count = STEPS.len();
    let mut before = String::new();
    for (number, step) in (1..).zip(&STEPS) {
        eprintln!("{before}== {number}/{count} {}", step.name);
        let began = Instant::now();
        (step.run)().map_err(|failure| named(step.name, failure))?;
        before = format!("   {} passed in {:.1} s\n", step.name, began.elapsed().as_secs_f64());
    }
    Ok(())
}

fn named(step: &str, Failure { code, message }: Failure) -> Failure {
    let why = if message.is_empty() { "see above" } else { &message };
    Failure { code, message: format!("the step {step} failed: {why}") }
}

fn cargo(arguments: &[&str]) -> Done {
    process::run(&mut cargo_command(arguments))
}

fn cargo_command(arguments: &[&str]) -> Command {
    process::command("cargo", arguments.iter().copied())
}

fn doc() -> Done {
    let mut command = cargo_command(&["doc", "--workspace", "--all-features", "--no-deps", "--locked"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_step_and_keeps_its_code() {
        let failure = named("deny", Failure { code: 4, message: String::new() });
        assert_eq!((failure.code, failure.message.as_str()), (4, "the step deny failed: see above"));
    }

    #[test]
    fn the_tests_come_last() {
        assert_eq!(STEPS.last().map(|step| step.name), Some("test"));
    }
}
