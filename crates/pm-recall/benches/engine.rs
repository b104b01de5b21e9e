//! The engine by itself: `cargo bench -p pm-recall`; a word after `--` picks from the names.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pm_recall::{Document, Index, Kind, Layout, Query, tokenize};
use pm_testbed::text::Random;
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
    let mut random = Random(1);
    (0..count).map(move |n| Item { key: format!("item-{n}"), value: random.words(ITEM_WORDS).into() })
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
        let new = Item { key: "new".to_owned(), value: Random(2).words(ITEM_WORDS).into() };
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
        let mut random = Random(3);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let index = &*index;
            bencher.iter_batched(
                || random.words(QUERY_WORDS),
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
    for (name, text) in [("prose", Random(4).words(400)), ("code", code.repeat(20))] {
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap_or(u64::MAX)));
        group.bench_function(name, |bencher| bencher.iter(|| tokenize(black_box(&text))));
    }
    group.finish();
}

criterion_group!(benches, insert, query, tokenizer);
criterion_main!(benches);
