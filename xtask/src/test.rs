//! `cargo xtask test`: all tests of the workspace.

use crate::process::{self, Done, Failure};
use crate::servers;

/// Checks what the tests need, then runs them. What cargo prints is passed on as it is.
pub(crate) fn run(arguments: &[String]) -> Done {
    needs("cargo", "install Rust from https://rustup.rs")?;
    needs(
        "cc",
        "install a C compiler (Debian: apt-get install build-essential; macOS: xcode-select --install)",
    )?;
    servers::ensure()?;
    if arguments.is_empty() {
        // The examples in the documents first: there are few, and what cargo says last is what one sees.
        process::run(&mut process::command("cargo", words(&["--doc".to_owned()])))?;
        let rest = ["--lib", "--bins", "--tests"].map(str::to_owned);
        process::run(&mut process::command("cargo", words(&rest)))?;
        return stores();
    }
    process::run(&mut process::command("cargo", words(arguments)))
}

/// The stores that the tests over HTTP are run on again. What they skip brings its own servers, or is about the embedded
/// store's examples.
const STORES: [&str; 3] = ["redis", "valkey", "cluster"];
const OF_THEIR_OWN: [&str; 3] = ["faults::", "nodes::", "readme::"];

/// Runs the tests over HTTP on every other store.
fn stores() -> Done {
    for store in STORES {
        eprintln!("the same over HTTP, on {store}");
        let skipped = OF_THEIR_OWN.iter().flat_map(|name| ["--skip", name]);
        let fixed = ["test", "--all-features", "--locked", "-p", "pm-server", "--test", "it", "--"];
        let mut tests = process::command("cargo", fixed.into_iter().chain(skipped));
        process::run(tests.env("AI_PM_TEST_STORE", store))?;
    }
    Ok(())
}

fn needs(program: &str, otherwise: &str) -> Done {
    if process::answers(program, &["--version"]) {
        Ok(())
    } else {
        Err(Failure::failed(format!("{program} is not there, and the tests need it: {otherwise}")))
    }
}

/// What cargo is told: the whole workspace, unless a package is named.
fn words(arguments: &[String]) -> impl Iterator<Item = &str> {
    let ours = arguments.iter().take_while(|argument| *argument != "--");
    let one = ours
        .map(String::as_str)
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    let fixed = ["test", "--all-features", "--locked"].into_iter().chain((!one).then_some("--workspace"));
    fixed.chain(arguments.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arguments: &[&str]) -> String {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        words(&arguments).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn all_packages_are_tested_unless_one_is_named() {
        assert_eq!(told(&[]), "test --all-features --locked --workspace");
        assert_eq!(told(&["recall", "--", "-p"]), "test --all-features --locked --workspace recall -- -p");
        assert_eq!(told(&["-p", "pm-core"]), "test --all-features --locked -p pm-core");
        assert_eq!(told(&["--package=pm-core"]), "test --all-features --locked --package=pm-core");
    }
}
