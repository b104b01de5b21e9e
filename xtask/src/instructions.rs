//! `cargo xtask instructions`: how many instructions the hot paths take, held to those that are committed.
//!
//! Unlike time, a count is much the same on every machine, also on one that does other things besides. valgrind shows the
//! program a processor with AVX2 and nothing beyond, so that the same code is chosen wherever it runs on `x86_64`.

mod baseline;
mod count;

use crate::process::{self, Done, Failure};
use crate::tool;
use baseline::Baseline;

/// By how much a count may differ, as a part of the one that is committed.
const TOLERANCE: f64 = 0.1;

/// A path of pm-paths, and how often it is run: often enough that single events do not show.
#[derive(Clone, Copy)]
struct Path {
    name: &'static str,
    times: u64,
}

/// The slowest first, so that two processors end at about the same time.
const PATHS: [Path; 8] = [
    Path { name: "recall-large", times: 20 },
    Path { name: "recall-small", times: 200 },
    Path { name: "store", times: 500 },
    Path { name: "get", times: 1000 },
    Path { name: "insert", times: 1000 },
    Path { name: "tokenizer", times: 500 },
    Path { name: "dots", times: 200 },
    Path { name: "door", times: 2000 },
];

/// Counts all paths, or those that are named, and compares; `--update` keeps what it counted.
pub(crate) fn run(arguments: &[String]) -> Done {
    let (update, paths) = read(arguments)?;
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("the counts are of Linux on x86_64: there is nothing to compare them with here");
        return Ok(());
    }
    if !process::answers("valgrind", &["--version"]) {
        tool::packages_installed(&["valgrind"], "counting instructions needs", "")?;
    }
    process::run(&mut process::command("cargo", ["build", "--release", "--locked", "-p", "pm-paths"]))?;
    let counted = count::all(&paths)?;
    let mut baseline = Baseline::read()?;
    let mut wrong = Vec::new();
    println!("| path | instructions | committed | change |");
    println!("|---|---:|---:|---:|");
    for (path, now) in counted {
        let (before, change) = match baseline.get(path.name) {
            Some(before) => (before.to_string(), Some(change(before, now))),
            None => ("-".to_owned(), None),
        };
        let shown = change.map_or("new".to_owned(), |change| format!("{:+.1} %", change * 100.0));
        println!("| {} | {now} | {before} | {shown} |", path.name);
        if change.is_none_or(|change| change.abs() > TOLERANCE) {
            wrong.push((path.name, change));
        }
        baseline.set(path.name, now);
    }
    if update {
        return baseline.write();
    }
    let told: Vec<String> = wrong.into_iter().map(|(name, change)| verdict(name, change)).collect();
    if told.is_empty() { Ok(()) } else { Err(Failure::failed(told.join("\n  "))) }
}

fn change(before: u64, now: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a part in a thousand is enough")]
    let (before, now) = (before as f64, now as f64);
    now / before - 1.0
}

fn verdict(name: &str, change: Option<f64>) -> String {
    let keep = format!("cargo xtask instructions --update {name}");
    match change {
        None => format!("{name} has no committed count: {keep}"),
        Some(change) if change > 0.0 => {
            format!(
                "{name} takes more than before: callgrind_annotate --threshold=100 target/instructions/{name}.out tells where; if it is worth it, {keep}"
            )
        }
        Some(_) => format!("{name} takes less than before, so that it could get worse unseen: {keep}"),
    }
}

fn read(arguments: &[String]) -> Result<(bool, Vec<Path>), Failure> {
    let (mut update, mut paths) = (false, Vec::new());
    for argument in arguments {
        match (argument.as_str(), PATHS.iter().find(|path| path.name == argument)) {
            ("--update", _) => update = true,
            (_, Some(path)) => paths.push(*path),
            _ => {
                let names = PATHS.map(|path| path.name).join(", ");
                return Err(Failure::usage(format!("takes --update and names of paths: {names}")));
            }
        }
    }
    Ok((update, if paths.is_empty() { PATHS.to_vec() } else { paths }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(words: &[&str]) -> Result<(bool, Vec<&'static str>), u8> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let named = |paths: Vec<Path>| paths.iter().map(|path| path.name).collect();
        read(&words).map(|(update, paths)| (update, named(paths))).map_err(|failure| failure.code)
    }

    #[test]
    fn all_paths_are_counted_unless_some_are_named() {
        assert_eq!(read_words(&[]), Ok((false, PATHS.map(|path| path.name).to_vec())));
        assert_eq!(read_words(&["get", "--update", "dots"]), Ok((true, vec!["get", "dots"])));
        assert_eq!(read_words(&["gets"]), Err(2));
    }

    #[test]
    fn what_a_path_gains_is_told_like_what_it_loses() {
        assert!((change(200, 230) - 0.15).abs() < 1e-9 && (change(200, 150) + 0.25).abs() < 1e-9);
        assert!(verdict("get", Some(0.2)).contains("more"));
        assert!(verdict("get", Some(-0.2)).contains("less"));
        for change in [None, Some(0.2), Some(-0.2)] {
            assert!(verdict("get", change).ends_with("cargo xtask instructions --update get"));
        }
    }
}
