//! `cargo xtask eval FOLDER [SET ...]`: measures the recall of the release build over HTTP with each embedder, and rewrites
//! the table of `docs/recall.md`.
//!
//! `FOLDER` holds `evaluate.py` and `data/SET/{items,queries}.jsonl`; without names all sets are measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{self, Done, Failure};
use crate::server::Server;

const EMBEDDERS: [&str; 3] = ["minilm", "static", "none"];
const DOCUMENT: &str = "docs/recall.md";
/// The table stands between these lines.
const MARKS: [&str; 2] = ["<!-- measured by cargo xtask eval -->", "<!-- end -->"];

type Figures = BTreeMap<String, Value>;

/// Measures, and writes down what was measured.
pub(crate) fn run(arguments: &[String]) -> Done {
    let Some((folder, sets)) = arguments.split_first() else {
        return Err(Failure::usage(
            "takes the folder that holds evaluate.py and data, and perhaps names of sets",
        ));
    };
    let folder = fs::canonicalize(folder).map_err(|error| Failure::failed(format!("{folder}: {error}")))?;
    let sets = if sets.is_empty() { all_sets(&folder.join("data"))? } else { sets.to_vec() };
    process::run(&mut process::command("cargo", ["build", "--release", "--package", "pm-server"]))?;
    let mut rows = Vec::new();
    for embedder in EMBEDDERS {
        rows.push((embedder, measured(&folder, embedder, &sets)?));
    }
    write_table(&rows)
}

fn all_sets(data: &Path) -> Result<Vec<String>, Failure> {
    let entries =
        fs::read_dir(data).map_err(|error| Failure::failed(format!("{}: {error}", data.display())))?;
    let mut sets: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    sets.sort();
    Ok(sets)
}

fn measured(folder: &Path, embedder: &str, sets: &[String]) -> Result<Figures, Failure> {
    let failed = |what: &str, error: std::io::Error| Failure::failed(format!("{what}: {error}"));
    let scratch = process::root().join("target/eval").join(embedder);
    drop(fs::remove_dir_all(&scratch));
    fs::create_dir_all(&scratch).map_err(|error| failed("target/eval", error))?;
    let settings = [("EMBEDDER", embedder), ("MAX_MEMORY_ITEMS", "0")];
    let server = Server::start(&process::root().join("target/release/ai-pm"), &scratch, &settings)?;
    let figures = scratch.join("figures.json");
    let done = Command::new("python3")
        .arg(folder.join("evaluate.py"))
        .args(sets)
        .args(["--server", &server.url(), "--json"])
        .arg(&figures)
        .status()
        .map_err(|error| failed("python3", error))?;
    if !done.success() {
        return Err(Failure::failed("evaluate.py failed"));
    }
    let text = fs::read_to_string(&figures).map_err(|error| failed("evaluate.py wrote no figures", error))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::failed(format!("evaluate.py wrote no JSON: {error}")))
}

fn write_table(rows: &[(&str, Figures)]) -> Done {
    let mut table = "| embedder | set | R@5 | R@10 | R@20 | MRR@10 | nDCG@10 | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|---|---|\n".to_owned();
    for (embedder, figures) in rows {
        for (set, values) in figures {
            let value = |name: &str| values.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
            let quality =
                ["R@5", "R@10", "R@20", "MRR@10", "nDCG@10"].map(|name| format!("{:.1}", value(name)));
            let times = ["p50_ms", "p99_ms"].map(|name| format!("{:.2}", value(name)));
            let cells = [&quality[..], &times[..]].concat().join(" | ");
            table.extend(["| `", embedder, "` | ", set, " | ", &cells, " |\n"]);
        }
    }
    print!("{table}");
    let path: PathBuf = process::root().join(DOCUMENT);
    let failed = |error: std::io::Error| Failure::failed(format!("{DOCUMENT}: {error}"));
    let text = fs::read_to_string(&path).map_err(failed)?;
    let parts =
        text.split_once(MARKS[0]).and_then(|(before, rest)| Some((before, rest.split_once(MARKS[1])?.1)));
    let Some((before, after)) = parts else {
        return Err(Failure::failed(format!("{DOCUMENT} lacks the lines {MARKS:?} around its table")));
    };
    fs::write(&path, format!("{before}{}\n{table}{}{after}", MARKS[0], MARKS[1])).map_err(failed)
}
