//! A question before something is taken away for good.

use std::io::{self, IsTerminal, Read, Write};

use super::failure::Failure;

/// The most bytes of an answer.
const ANSWER: usize = 16;

/// Asks whether to go on, where somebody is there to say so.
pub(super) fn whether(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::usage(format!("{question} There is no terminal to ask: say so by --yes")));
    }
    // It is a terminal that is asked; one that is gone answers nothing.
    let _ = write!(io::stderr(), "{question} [y/N] ").and_then(|()| io::stderr().flush());
    let mut answer = Vec::new();
    for byte in io::stdin().lock().bytes().take(ANSWER) {
        match byte {
            Ok(b'\n') | Err(_) => break,
            Ok(byte) => answer.push(byte.to_ascii_lowercase()),
        }
    }
    match answer.trim_ascii() {
        b"y" | b"yes" => Ok(()),
        _ => Err(Failure::failed("nothing was done")),
    }
}
