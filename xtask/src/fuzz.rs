//! `cargo xtask fuzz`: changes what is in the corpus of pm-fuzz and gives it to the parsers that strangers reach.

use crate::process::{self, Done};

/// Runs pm-fuzz, which knows its arguments. Not as a release: there an overflow would go unnoticed.
pub(crate) fn run(arguments: &[String]) -> Done {
    let fixed = ["run", "--quiet", "--locked", "-p", "pm-fuzz", "--"];
    process::run(&mut process::command(
        "cargo",
        fixed.into_iter().chain(arguments.iter().map(String::as_str)),
    ))
}
