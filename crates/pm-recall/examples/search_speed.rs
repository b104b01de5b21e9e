//! Measures one search among many items whose words have the frequencies of natural text, without a server:
//!
//! ```text
//! cargo run --release -p pm-recall --example search_speed -- ITEMS [--queries N] [--words N] [--sessions] [--vectors] [--none]
//! valgrind --tool=callgrind --toggle-collect='*Index::search_in*' target/release/examples/search_speed 1000 --queries 200
//! ```
//!
//! Items have static vectors; with `--vectors` also made-up ones of 384 values in the place of an embedder's, with
//! `--none` words alone. With `--sessions` they stand in conversations of 20. The same run asks the same every time.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use pm_recall::{Document, Index, Kind, Layout, PassageVector, Query, Scratch, fingerprint};
use pm_testbed::text::Random;

const DIMENSIONS: usize = 384;
/// Of an item, and of a question unless told otherwise.
const ITEM_WORDS: usize = 40;
const QUERY_WORDS: usize = 8;
const NOW: i64 = 1_750_000_000_000_000;

struct Options {
    items: usize,
    queries: usize,
    words: usize,
    sessions: bool,
    vectors: bool,
    statics: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        items: 1000,
        queries: 1000,
        words: QUERY_WORDS,
        sessions: false,
        vectors: false,
        statics: true,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            || arguments.next().ok_or("a number is missing")?.parse().map_err(Box::<dyn Error>::from);
        match argument.as_str() {
            "--queries" => options.queries = number()?,
            "--words" => options.words = number()?,
            "--sessions" => options.sessions = true,
            "--vectors" => options.vectors = true,
            "--none" => options.statics = false,
            items => options.items = items.parse()?,
        }
    }
    let index = filled(&options)?;
    let mut random = Random(7);
    let mut scratch = Scratch::new();
    let mut times = Vec::with_capacity(options.queries);
    let began = Instant::now();
    for _ in 0..options.queries {
        let text = random.words(options.words);
        let vector = options.vectors.then(|| vector(&mut random));
        let query =
            Query { vector: vector.as_deref(), is_reference: true, ..Query::unfiltered(&text, NOW, 10) };
        let start = Instant::now();
        black_box(index.search_in(black_box(&query), &mut scratch));
        times.push(start.elapsed());
    }
    let all = began.elapsed();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "{} items: p50 {:.1} us, p99 {:.1} us, mean {:.1} us; {} bytes per item",
        options.items,
        1e6 * at(50).as_secs_f64(),
        1e6 * at(99).as_secs_f64(),
        1e6 * all.as_secs_f64() / f64::from(u32::try_from(options.queries)?),
        index.memory_bytes() / options.items.max(1),
    );
    Ok(())
}

fn filled(options: &Options) -> Result<Index, Box<dyn Error>> {
    let kind = Kind::new(2).ok_or("kinds are below 8")?;
    let mut index = Index::new(Layout { statics: options.statics, dimensions: 0 });
    let mut random = Random(options.items as u64 + 1);
    for (number, at) in (0..options.items).zip(0..) {
        let (key, value) = (format!("item-{number}"), random.words(ITEM_WORDS).into());
        let session = options.sessions.then(|| format!("session {}", number / 20));
        let document = Document {
            kind,
            kind_name: "context",
            key: &key,
            value: &value,
            metadata: None,
            session: session.as_deref(),
            timestamp: NOW + at,
            expires_at: None,
            importance: 0.5,
            tied_to: &[],
        };
        index.put(&document);
        if options.vectors {
            let print = fingerprint(&document.passage());
            index.attach(kind, &key, &PassageVector::new(print, &vector(&mut random)));
        }
    }
    Ok(index)
}

/// A vector of length 1 in any direction.
fn vector(random: &mut Random) -> Vec<f32> {
    let values: Vec<f32> = (0..DIMENSIONS)
        .map(|_| f32::from(i16::try_from(random.number() % 2001).unwrap_or_default() - 1000))
        .collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt().max(1.0);
    values.iter().map(|value| value / length).collect()
}
