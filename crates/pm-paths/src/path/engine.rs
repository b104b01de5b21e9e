//! What the engine does by itself.

use std::hint::black_box;

use pm_model::{Instructions, Kernel};
use pm_recall::{Document, Index, Kind, Layout, Query, tokenize};
use pm_testbed::text::Random;
use serde_json::Value;

use super::Operation;
use crate::Outcome;

const KIND: Kind = match Kind::new(0) {
    Some(kind) => kind,
    None => panic!("0 is a kind"),
};
/// Items of a recall. Short ones: they are put into the index under valgrind too.
const ITEMS: usize = 100_000;
const SHORT: usize = 4;
const LONG: usize = 40;
const QUERY_WORDS: usize = 8;
/// Microseconds since 1970.
const NOW: i64 = 1_772_719_620_000_000;
const LIMIT: usize = 10;
/// Words that are tokenized at a time.
const TEXT_WORDS: usize = 200;
/// Vectors as those of the larger model.
const ROWS: usize = 1000;
const WIDTH: usize = 384;

pub(super) fn recall() -> Outcome<Operation> {
    let mut random = Random(1);
    let mut index = Index::new(Layout { statics: true, dimensions: 0 });
    for number in 0..ITEMS {
        put(&mut index, number, random.words(SHORT))?;
    }
    Ok(Box::new(move || {
        let text = random.words(QUERY_WORDS);
        let hits = index.search(&Query::unfiltered(&text, NOW, LIMIT));
        if hits.is_empty() {
            return Err("nothing was found".into());
        }
        black_box(hits);
        Ok(())
    }))
}

pub(super) fn insert() -> Operation {
    let (mut random, mut number) = (Random(1), 0);
    let mut index = Index::new(Layout { statics: true, dimensions: 0 });
    Box::new(move || {
        number += 1;
        put(&mut index, number, random.words(LONG))
    })
}

fn put(index: &mut Index, number: usize, text: String) -> Outcome<()> {
    let (key, value) = (format!("item-{number}"), Value::String(text));
    index.put(&Document {
        kind: KIND,
        kind_name: "context",
        key: &key,
        value: &value,
        metadata: None,
        session: None,
        timestamp: NOW - i64::try_from(number)?,
        expires_at: None,
        importance: 0.5,
        tied_to: &[],
    });
    Ok(())
}

pub(super) fn tokenizer() -> Operation {
    let text = Random(1).words(TEXT_WORDS);
    Box::new(move || {
        black_box(tokenize(black_box(&text)));
        Ok(())
    })
}

/// By one kernel, wherever it runs.
pub(super) fn dots() -> Outcome<Operation> {
    let kernel = Kernel::with(Instructions::Avx2).ok_or("this machine has no AVX2")?;
    let value = |at: usize| i8::try_from(at * 89 % 255).unwrap_or(-1);
    let rows: Vec<u8> = (0..ROWS * WIDTH / 2).map(|at| value(at).cast_unsigned()).collect();
    let query: Vec<i8> = (0..WIDTH).map(|at| value(at * 31 + 7)).collect();
    let mut products = vec![0; ROWS];
    Ok(Box::new(move || {
        kernel.dots_u4(black_box(&query), black_box(&rows), &mut products);
        black_box(&products);
        Ok(())
    }))
}
