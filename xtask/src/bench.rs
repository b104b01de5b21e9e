//! `cargo xtask bench [--quick] [--only CASE]..`: measures the release build beside yardsticks, and rewrites the tables of
//! `docs/benchmarks.md`.
//!
//! With an argument it prints the tables and leaves the document: it is of whole measurements.

use crate::process::{self, Done};

const DOCUMENT: &str = "docs/benchmarks.md";

/// Builds, and has `pm-bench` measure.
pub(crate) fn run(arguments: &[String]) -> Done {
    // One after the other: built together, the server would have the features that pm-bench asks of what both use.
    for package in ["pm-server", "pm-bench"] {
        process::run(&mut process::command("cargo", ["build", "--release", "--package", package]))?;
    }
    let program = process::root().join("target/release/pm-bench");
    let mut measure = process::command(&program.to_string_lossy(), ["table"]);
    measure.args(arguments);
    if arguments.is_empty() {
        measure.args(["--into", DOCUMENT]);
    }
    process::run(&mut measure)
}
