//! `cargo xtask openapi`: the committed `openapi.json` is what `ai-pm openapi` prints.

use std::fs;
use std::io::ErrorKind;

use crate::process::{self, Done, Failure};

const FILE: &str = "openapi.json";
/// The most differing lines that are shown.
const SHOWN: usize = 10;

/// Writes the file, or with `--check` compares it.
pub(crate) fn run(arguments: &[String]) -> Done {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err(Failure::usage("takes --check or nothing")),
    };
    let path = process::root().join(FILE);
    let print = ["run", "--quiet", "--locked", "-p", "pm-server", "--", "openapi"];
    let now = process::output(&mut process::command("cargo", print))?;
    if !check {
        return fs::write(&path, now)
            .map_err(|error| Failure::failed(format!("cannot write {FILE}: {error}")));
    }
    let committed = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::failed(format!("cannot read {FILE}: {error}"))),
    };
    let faults = differences(&committed, &now);
    if faults.is_empty() {
        return Ok(());
    }
    for line in &faults {
        eprintln!("{line}");
    }
    Err(Failure::failed(format!("{FILE} is not what the code says: run `cargo xtask openapi` and commit it")))
}

/// The first lines that differ, `-` as committed and `+` as it is now.
fn differences(committed: &str, now: &str) -> Vec<String> {
    let (mut old, mut new) = (committed.split_inclusive('\n'), now.split_inclusive('\n'));
    let mut shown = Vec::new();
    for number in 1_usize.. {
        let (before, after) = (old.next(), new.next());
        if before.is_none() && after.is_none() || shown.len() >= SHOWN {
            break;
        }
        if before != after {
            let mut show = |sign, line: Option<&str>| {
                shown.extend(
                    line.map(|line| format!("{FILE}:{number}: {sign}{}", line.trim_end_matches('\n'))),
                );
            };
            show('-', before);
            show('+', after);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_documents_have_no_differences() {
        assert!(differences("{\n}\n", "{\n}\n").is_empty());
    }

    #[test]
    fn differing_and_missing_lines_are_shown_by_number() {
        assert_eq!(
            differences("a\nb\n", "a\nc\nd\n"),
            ["openapi.json:2: -b", "openapi.json:2: +c", "openapi.json:3: +d"]
        );
        assert_eq!(differences("a\n", "a").len(), 2, "a missing newline at the end counts");
        assert_eq!(differences("", &"x\n".repeat(100)).len(), SHOWN);
    }
}
