//! Measures recall on folders that hold `items.jsonl` and `queries.jsonl`, without a server:
//!
//! ```text
//! items.jsonl    {"project", "id", "key", "type", "value", "session_id"?, "metadata"?}    in order of insertion
//! queries.jsonl  {"project", "id", "query", "gold": [item ids], "cat"}
//! cargo run --release -p pm-recall --example eval -- [minilm|static|none] [--dump DIR] FOLDER [FOLDER ...]
//! ```
//!
//! Prints, as the mean over all queries, R@10 (share of the gold items among the first ten) and nDCG@10 (binary
//! relevance), with the time of one search, of one put, and the memory of one item. With `--dump` it writes for each
//! query what `docs/recall/fit.py` reads: the parts of the score of every item.

#![expect(clippy::cast_precision_loss, reason = "counts of queries and items")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pm_model::{Scratch, Transformer};
use pm_recall::{Document, Hit, Index, Kind, Layout, PassageVector, Query, fingerprint};
use serde_json::{Value, json};

const FIRST: usize = 10;
const NAMES: [&str; 4] = ["error", "solution", "context", "dependency"];
const NOW: i64 = 1_750_000_000_000_000;

/// One project: its index and the number of each item by its place.
struct Project {
    index: Index,
    numbers: HashMap<(Kind, String), usize>,
    ids: Vec<String>,
}

struct Options {
    layout: Layout,
    transformer: Option<Transformer>,
    dump: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        layout: Layout { statics: true, dimensions: 0 },
        transformer: Some(Transformer::bundled()),
        dump: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "minilm" => options.transformer = Some(Transformer::bundled()),
            "static" => options.transformer = None,
            "none" => (options.transformer, options.layout.statics) = (None, false),
            "--dump" => options.dump = arguments.next().map(PathBuf::from),
            folder => measure(Path::new(folder), &options)?,
        }
    }
    Ok(())
}

fn measure(folder: &Path, options: &Options) -> Result<(), Box<dyn Error>> {
    let items = read(&folder.join("items.jsonl"))?;
    let queries = read(&folder.join("queries.jsonl"))?;
    let mut scratch = Scratch::new();
    let start = Instant::now();
    let projects = indexed(&items, options, &mut scratch)?;
    let put = start.elapsed();
    let (mut recalls, mut gains, mut times) = (0.0, 0.0, Vec::new());
    let mut dump = Vec::new();
    for query in &queries {
        let project = projects.get(text(query, "project")?).ok_or("a query of a project without items")?;
        let asked = text(query, "query")?;
        let gold: Vec<&str> =
            query["gold"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let start = Instant::now();
        let vector =
            options.transformer.as_ref().map(|model| model.embed_query(&Query::prose(asked), &mut scratch));
        let question = Query { vector: vector.as_deref(), ..question(asked, FIRST) };
        let hits = project.index.search(&question);
        times.push(start.elapsed());
        let is_gold = |hit: &Hit| {
            let number = project.numbers.get(&(hit.kind, hit.key.clone()));
            number.and_then(|number| project.ids.get(*number)).is_some_and(|id| gold.contains(&id.as_str()))
        };
        let found: Vec<bool> = hits.iter().map(is_gold).collect();
        recalls += found.iter().filter(|found| **found).count() as f64 / gold.len() as f64;
        let ideal: f64 = (0..gold.len().min(FIRST)).map(discount).sum();
        let gained = found.iter().enumerate().filter(|(_, found)| **found).map(|(at, _)| discount(at));
        gains += gained.sum::<f64>() / ideal;
        if options.dump.is_some() {
            let everything = Query { limit: usize::MAX, ..question };
            dump_query(&mut dump, query, project, &gold, &project.index.search(&everything))?;
        }
    }
    if let Some(to) = &options.dump {
        std::fs::create_dir_all(to)?;
        std::fs::write(
            to.join(folder.file_name().ok_or("a folder has a name")?).with_extension("dump"),
            dump,
        )?;
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

/// The items of each project, put one microsecond after the other.
fn indexed<'a>(
    items: &'a [Value],
    options: &Options,
    scratch: &mut Scratch,
) -> Result<BTreeMap<&'a str, Project>, Box<dyn Error>> {
    let mut projects: BTreeMap<&str, Project> = BTreeMap::new();
    let mut vectors: HashMap<u64, PassageVector> = HashMap::new();
    for (item, place) in items.iter().zip(0..) {
        let (kind, name, key) = (kind(item)?, text(item, "type")?, text(item, "key")?);
        let project = projects.entry(text(item, "project")?).or_insert_with(|| Project {
            index: Index::new(options.layout),
            numbers: HashMap::new(),
            ids: Vec::new(),
        });
        let document = Document {
            kind,
            kind_name: name,
            key,
            value: item.get("value").unwrap_or(&Value::Null),
            metadata: item.get("metadata"),
            session: item.get("session_id").and_then(Value::as_str),
            timestamp: NOW + place,
            expires_at: None,
            importance: 0.5,
            tied_to: &[],
        };
        project.index.put(&document);
        if let Some(model) = &options.transformer {
            let passage = document.passage();
            let print = fingerprint(&passage);
            // The same item may stand in many projects.
            let vector = vectors.entry(print).or_insert_with(|| {
                let made = model.embed_passages(&[&passage], scratch).pop().unwrap_or_default();
                PassageVector::new(print, &made)
            });
            project.index.attach(kind, key, vector);
        }
        project.numbers.insert((kind, key.to_owned()), project.ids.len());
        project.ids.push(text(item, "id")?.to_owned());
    }
    Ok(projects)
}

fn question(text: &str, limit: usize) -> Query<'_> {
    Query { is_reference: true, ..Query::unfiltered(text, NOW, limit) }
}

/// A line of JSON, then for each item found its number and its parts as little-endian `f32`.
fn dump_query(
    dump: &mut Vec<u8>,
    query: &Value,
    project: &Project,
    gold: &[&str],
    hits: &[Hit],
) -> Result<(), Box<dyn Error>> {
    let names = ["lexical", "window", "previous", "static", "vector", "name", "boost", "question"];
    let gold: Vec<usize> =
        (0..).zip(&project.ids).filter(|(_, id)| gold.contains(&id.as_str())).map(|(n, _)| n).collect();
    let head = json!({"id": query["id"], "project": query["project"], "gold": gold, "rows": hits.len(), "parts": names});
    writeln!(dump, "{head}")?;
    for hit in hits {
        let number = project.numbers.get(&(hit.kind, hit.key.clone())).copied().unwrap_or_default();
        dump.extend_from_slice(&(number as f32).to_le_bytes());
        let parts: HashMap<&str, f64> =
            hit.scored.as_ref().map(|scored| scored.explain.parts().collect()).unwrap_or_default();
        for name in names {
            #[expect(clippy::cast_possible_truncation, reason = "for a fit")]
            let part = parts.get(name).copied().unwrap_or_default() as f32;
            dump.extend_from_slice(&part.to_le_bytes());
        }
    }
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
