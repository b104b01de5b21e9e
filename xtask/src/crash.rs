//! `cargo xtask crash`: the crash test with more rounds than `cargo xtask test` gives it.

use crate::process::{self, Done, Failure};

const ROUNDS: u32 = 20;

/// Runs the crash test of pm-server, which reads the number of rounds from `CRASH_ROUNDS`.
pub(crate) fn run(arguments: &[String]) -> Done {
    let rounds = rounds(arguments)?.to_string();
    let test =
        ["test", "--release", "--locked", "-p", "pm-server", "--test", "it", "crash", "--", "--nocapture"];
    process::run(process::command("cargo", test).env("CRASH_ROUNDS", rounds))
}

fn rounds(arguments: &[String]) -> Result<u32, Failure> {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let count = match words.as_slice() {
        [] => return Ok(ROUNDS),
        ["--rounds", count] => count,
        [one] => one.strip_prefix("--rounds=").unwrap_or_default(),
        _ => "",
    };
    let fault = || Failure::usage("takes --rounds N, with N from 1 on");
    count.parse().ok().filter(|rounds| *rounds > 0).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_a_number_from_one_on() {
        let of = |words: &[&str]| {
            rounds(&words.iter().map(ToString::to_string).collect::<Vec<_>>()).map_err(|failure| failure.code)
        };
        assert_eq!(of(&[]), Ok(ROUNDS));
        assert_eq!(of(&["--rounds", "7"]), Ok(7));
        assert_eq!(of(&["--rounds=300"]), Ok(300));
        for wrong in
            [&["--rounds"][..], &["--rounds", "0"], &["7"], &["--rounds", "x"], &["--rounds", "1", "2"]]
        {
            assert_eq!(of(wrong), Err(2), "{wrong:?}");
        }
    }
}
