//! The engine by itself: `cargo bench -p pm-recall`; a word after `--` picks from the names.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pm_recall::{Document, Index, Kind, Layout, Query, tokenize};
use serde_json::Value;

/// With the vectors of the static model, as servers have it unless they are told otherwise.
const LAYOUT: Layout = Layout { statics: true, dimensions: 0 };
const KIND: Kind = match Kind::new(0) {
    Some(kind) => kind,
    None => panic!("0 is a kind"),
};
const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const ITEM_WORDS: usize = 40;
const QUERY_WORDS: usize = 8;
const LIMIT: usize = 10;
/// Microseconds since 1970.
const NOW: i64 = 1_772_719_620_000_000;

/// Words with the frequencies of natural text (Zipf: the n-th word is said 1/n as often), the same in each run.
struct Words(u64);

impl Words {
    fn text(&mut self, count: usize) -> String {
        let words: Vec<_> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }

    fn word(&mut self) -> String {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let fraction = f64::from(u32::try_from(self.0 >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        format!("word{:.0}", 20_000_f64.powf(fraction))
    }
}

struct Item {
    key: String,
    value: Value,
}

impl Item {
    fn document(&self) -> Document<'_> {
        Document {
            kind: KIND,
            kind_name: "context",
            key: &self.key,
            value: &self.value,
            metadata: None,
            session: None,
            timestamp: NOW,
            expires_at: None,
            importance: 0.5,
            tied_to: &[],
        }
    }
}

fn items(count: usize) -> impl Iterator<Item = Item> {
    let mut words = Words(1);
    (0..count).map(move |n| Item { key: format!("item-{n}"), value: words.text(ITEM_WORDS).into() })
}

fn index(size: usize) -> Index {
    let mut index = Index::new(LAYOUT);
    items(size).for_each(|item| index.put(&item.document()));
    index
}

/// An item into an index that has so many already, and out again, so that it stays as large.
fn insert(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("insert and remove");
    for size in SIZES {
        // Made where it is asked for: a hundred thousand items take seconds, also for who picks another bench.
        let mut made = None;
        let new = Item { key: "new".to_owned(), value: Words(2).text(ITEM_WORDS).into() };
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let index = made.get_or_insert_with(|| index(size));
            bencher.iter(|| {
                let document = black_box(&new).document();
                index.put(&document);
                index.remove(document.kind, document.key)
            });
        });
    }
    group.finish();
}

/// A query, each time another one.
fn query(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("query");
    for size in SIZES {
        let index = LazyCell::new(|| index(size));
        let mut words = Words(3);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let index = &*index;
            bencher.iter_batched(
                || words.text(QUERY_WORDS),
                |text| index.search(&Query::unfiltered(&text, NOW, LIMIT)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// Text to terms: words, and what stands in code.
fn tokenizer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tokenizer");
    let code =
        "parseURLsNow(user_login, 0xE0382) -> Result<Vec<SessionId>, io::Error> in src/session/cache.rs\n";
    for (name, text) in [("prose", Words(4).text(400)), ("code", code.repeat(20))] {
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap_or(u64::MAX)));
        group.bench_function(name, |bencher| bencher.iter(|| tokenize(black_box(&text))));
    }
    group.finish();
}

criterion_group!(benches, insert, query, tokenizer);
criterion_main!(benches);
