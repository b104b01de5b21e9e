//! Other programs, run from the root of the workspace.

use std::fmt::Display;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a command of xtask ends with.
pub(crate) type Done = Result<(), Failure>;

/// Why a command of xtask failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: u8,
    /// What is said of it; empty where it has been said.
    pub(crate) message: String,
}

impl Failure {
    /// It was right, and failed.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// It was used wrongly.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// `program` with `arguments`, to be run at the root.
pub(crate) fn command<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs it with our own input and output; its exit code becomes ours.
pub(crate) fn run(command: &mut Command) -> Done {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    // No code: a signal ended it.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure { code, message: String::new() })
}

/// Runs it and takes what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let done = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if !done.status.success() {
        return Err(Failure::failed(format!("{} failed: {}", shown(command), done.status)));
    }
    String::from_utf8(done.stdout).map_err(Failure::failed)
}

/// Whether the program is there and answers `arguments` with success.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    let mut command = command(program, arguments.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::failed(format!("cannot start {}: {error}", shown(command)))
}

fn shown(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(std::ffi::OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
