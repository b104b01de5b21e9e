//! `cargo xtask coverage`: how many lines the tests reach, by crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{self, Done, Failure};
use crate::{servers, tool};

const VERSION: &str = "0.37.5";
/// The least share of lines that the tests must reach, in percent.
const LEAST: f64 = 80.0;
/// What is no code of the product: measured, it would say nothing of it.
const LEFT_OUT: [&str; 7] = [
    "crates/*/tests/*",
    "crates/*/benches/*",
    "crates/*/examples/*",
    // The contract of the store as tests.
    "crates/pm-store/src/conformance/*",
    // The servers that tests start.
    "crates/pm-testbed/*",
    // Generated and fetched.
    "target/*",
    "xtask/*",
];

/// Lines that the tests reached, and lines that there are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Lines {
    covered: u64,
    coverable: u64,
}

impl Lines {
    #[expect(clippy::cast_precision_loss, reason = "no code has 2^53 lines")]
    fn percent(self) -> f64 {
        if self.coverable == 0 { 0.0 } else { 100.0 * self.covered as f64 / self.coverable as f64 }
    }

    fn add(&mut self, other: Self) {
        self.covered += other.covered;
        self.coverable += other.coverable;
    }
}

/// Measures, prints a table, and fails below [`LEAST`].
pub(crate) fn run(arguments: &[String]) -> Done {
    let html = match arguments {
        [] => false,
        [flag] if flag == "--html" => true,
        _ => return Err(Failure::usage("takes --html or nothing")),
    };
    servers::ensure()?;
    let program = match tool::find("cargo-tarpaulin", &["bin/cargo-tarpaulin"])? {
        Some(program) => program,
        None => tool::cargo_install("cargo-tarpaulin", VERSION, &["--no-default-features"])?,
    };
    let reports = tool::target()?.join("coverage");
    fs::create_dir_all(&reports).map_err(Failure::failed)?;
    measure(&program, &reports, html)?;
    let report = fs::read(reports.join("tarpaulin-report.json")).map_err(Failure::failed)?;
    let report = serde_json::from_slice(&report).map_err(Failure::failed)?;
    let crates = by_crate(&report, process::root());
    print!("{}", table(&crates));
    eprintln!("reports are in {}", reports.display());
    let share = in_all(&crates).percent();
    if share < LEAST {
        return Err(Failure::failed(format!(
            "the tests reach {share:.1} % of the lines, less than {LEAST} %"
        )));
    }
    Ok(())
}

fn measure(program: &str, reports: &Path, html: bool) -> Done {
    let fixed = [
        "tarpaulin",
        "--workspace",
        "--all-features",
        "--locked",
        "--engine",
        "llvm",
        "--skip-clean",
        "--timeout",
        "900",
        "--exclude",
        "xtask",
        "--out",
        "json",
        "--out",
        "lcov",
    ];
    let mut command = process::command(program, fixed);
    if html {
        command.args(["--out", "html"]);
    }
    for pattern in LEFT_OUT {
        command.args(["--exclude-files", pattern]);
    }
    command.arg("--output-dir").arg(reports);
    // Its flags for the compiler are not ours: in one directory each would undo the other's work.
    command.arg("--target-dir").arg(reports.join("build"));
    process::run(&mut command)
}

/// The lines of each crate, from tarpaulin's JSON: `{files: [{path: [..], covered, coverable}]}`.
fn by_crate(report: &Value, root: &Path) -> BTreeMap<String, Lines> {
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    for file in report["files"].as_array().into_iter().flatten() {
        let steps = file["path"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let path: PathBuf = steps.collect();
        let below = path.strip_prefix(root.join("crates")).ok();
        let Some(name) = below.and_then(|path| path.iter().next()?.to_str()) else { continue };
        let count = |field: &str| file[field].as_u64().unwrap_or_default();
        let lines = Lines { covered: count("covered"), coverable: count("coverable") };
        crates.entry(name.to_owned()).or_default().add(lines);
    }
    crates
}

fn in_all(crates: &BTreeMap<String, Lines>) -> Lines {
    let mut all = Lines::default();
    for lines in crates.values() {
        all.add(*lines);
    }
    all
}

fn table(crates: &BTreeMap<String, Lines>) -> String {
    let row = |name: &str, lines: Lines| {
        format!("{name:<12} {:>7} {:>7} {:>7.1} %\n", lines.covered, lines.coverable, lines.percent())
    };
    let rows = crates.iter().map(|(name, lines)| row(name, *lines));
    let head = format!("{:<12} {:>7} {:>7} {:>9}\n", "crate", "reached", "lines", "share");
    [head].into_iter().chain(rows).chain([row("in all", in_all(crates))]).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_added_up_by_crate() {
        let file = |name: &str, covered: u64, coverable: u64| {
            let path = ["/", "a", "crates", name, "src", "lib.rs"];
            json!({ "path": path, "covered": covered, "coverable": coverable })
        };
        let report = json!({"files": [file("a", 9, 10), file("b", 0, 10), file("a", 1, 20)]});
        let crates = by_crate(&report, Path::new("/a"));
        assert_eq!(crates["a"], Lines { covered: 10, coverable: 30 });
        assert_eq!(in_all(&crates), Lines { covered: 10, coverable: 40 });
        let table = table(&crates);
        assert!(
            table.contains("\na ") && table.contains(" 33.3 %\n") && table.ends_with(" 25.0 %\n"),
            "{table}"
        );
    }

    #[test]
    fn a_report_without_files_is_no_success() {
        assert!(in_all(&by_crate(&json!({}), Path::new("/"))).percent() < LEAST);
    }
}
