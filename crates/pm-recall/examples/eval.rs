//! Measures recall on a folder that holds `items.jsonl` and `queries.jsonl`:
//!
//! ```text
//! items.jsonl    {"project", "id", "key", "type", "value", "session_id"?, "metadata"?}    in order of insertion
//! queries.jsonl  {"project", "id", "query", "gold": [item ids], "cat"}
//! cargo run --release -p pm-recall --example eval -- FOLDER [FOLDER ...]
//! ```
//!
//! Prints, as the mean over all queries, R@10 (share of the gold items among the first ten) and nDCG@10 (binary
//! relevance), with the time of one search, of one put, and the memory of one item.

#![expect(clippy::cast_precision_loss, reason = "counts of queries and items")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use pm_recall::{Document, Index, Kind, KindSet, Layout, Query};
use serde_json::Value;

const FIRST: usize = 10;
const NAMES: [&str; 4] = ["error", "solution", "context", "dependency"];

impl Default for Project {
    fn default() -> Self {
        Self { index: Index::new(Layout { statics: true, dimensions: 0 }), ids: HashMap::new() }
    }
}

/// One project: its index and the id of each item by its place.
struct Project {
    index: Index,
    ids: HashMap<(Kind, String), String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for folder in std::env::args().skip(1) {
        measure(Path::new(&folder))?;
    }
    Ok(())
}

fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let items = read(&folder.join("items.jsonl"))?;
    let queries = read(&folder.join("queries.jsonl"))?;
    let mut projects: BTreeMap<&str, Project> = BTreeMap::new();
    let start = Instant::now();
    for (item, place) in items.iter().zip(0..) {
        let (kind, name, key) = (kind(item)?, text(item, "type")?, text(item, "key")?);
        let project = projects.entry(text(item, "project")?).or_default();
        project.index.put(&Document {
            kind,
            kind_name: name,
            key,
            value: item.get("value").unwrap_or(&Value::Null),
            metadata: item.get("metadata"),
            session: item.get("session_id").and_then(Value::as_str),
            timestamp: 1_750_000_000_000_000 + place,
            expires_at: None,
            importance: 0.5,
            tied_to: &[],
        });
        project.ids.insert((kind, key.to_owned()), text(item, "id")?.to_owned());
    }
    let put = start.elapsed();
    let (mut recalls, mut gains, mut times) = (0.0, 0.0, Vec::new());
    for query in &queries {
        let project = projects.get(text(query, "project")?).ok_or("a query of a project without items")?;
        let start = Instant::now();
        let hits = project.index.search(&Query {
            text: text(query, "query")?,
            vector: None,
            kinds: KindSet::ALL,
            session: None,
            since: None,
            until: None,
            now: 1_750_000_000_000_000,
            limit: FIRST,
            min_relevance: None,
        });
        times.push(start.elapsed());
        let gold: Vec<&str> =
            query["gold"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let relevant = |hit: pm_recall::Hit| {
            project.ids.get(&(hit.kind, hit.key)).is_some_and(|id| gold.contains(&id.as_str()))
        };
        let found: Vec<bool> = hits.into_iter().map(relevant).collect();
        recalls += found.iter().filter(|found| **found).count() as f64 / gold.len() as f64;
        let ideal: f64 = (0..gold.len().min(FIRST)).map(discount).sum();
        gains +=
            found.iter().enumerate().filter(|(_, found)| **found).map(|(at, _)| discount(at)).sum::<f64>()
                / ideal;
    }
    times.sort_unstable();
    let bytes: usize = projects.values().map(|project| project.index.memory_bytes()).sum();
    println!(
        "{:12} R@10 {:.1}  nDCG@10 {:.1}  search p50 {:.0} us, p99 {:.0} us  put {:.0} us  {} bytes per item",
        folder.file_name().unwrap_or_default().display(),
        100.0 * recalls / queries.len() as f64,
        100.0 * gains / queries.len() as f64,
        percentile(&times, 50),
        percentile(&times, 99),
        microseconds(put) / items.len() as f64,
        bytes / items.len(),
    );
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    std::fs::read_to_string(path)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn text<'a>(line: &'a Value, field: &str) -> Result<&'a str, String> {
    line.get(field).and_then(Value::as_str).ok_or_else(|| format!("no {field} in {line}"))
}

fn kind(item: &Value) -> Result<Kind, String> {
    let number = NAMES.iter().zip(0..).find(|(name, _)| item["type"] == **name).map(|(_, number)| number);
    number.and_then(Kind::new).ok_or_else(|| format!("unknown type in {item}"))
}

fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

/// In microseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).copied().map_or(f64::NAN, microseconds)
}

fn microseconds(time: Duration) -> f64 {
    1e6 * time.as_secs_f64()
}
