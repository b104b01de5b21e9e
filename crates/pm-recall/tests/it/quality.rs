//! Recall on errors of a compiler does not get worse: the floors are a point or two below what is measured.

use std::collections::HashMap;
use std::path::Path;

use pm_model::{Scratch, Transformer};
use pm_recall::{Index, Layout, PassageVector, Query, fingerprint};
use serde_json::Value;

use crate::sample::{Item, kind, query};

fn lines(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rusterr").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap()
}

/// How many of 100 right items are among the first ten, of every `step`th query.
fn recall_at_ten(layout: Layout, model: Option<&Transformer>, step: usize) -> f64 {
    let mut scratch = Scratch::new();
    let mut index = Index::new(layout);
    let mut ids = HashMap::new();
    for line in lines("items.jsonl") {
        let item = Item::new(text(&line, "key"), line["value"].clone());
        index.put(&item.document());
        if let Some(model) = model {
            let passage = item.document().passage();
            let vector = model.embed_passages(&[&passage], &mut scratch).pop().unwrap();
            assert!(index.attach(
                kind(item.kind),
                &item.key,
                &PassageVector::new(fingerprint(&passage), &vector)
            ));
        }
        ids.insert(item.key.clone(), text(&line, "id").to_owned());
    }
    let (mut right, mut wanted) = (0_u32, 0_u32);
    for line in lines("queries.jsonl").iter().step_by(step) {
        let asked = text(line, "query");
        let vector = model.map(|model| model.embed_query(&Query::prose(asked), &mut scratch));
        let hits = index.search(&Query { vector: vector.as_deref(), ..query(asked) });
        let gold: Vec<&str> =
            line["gold"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(gold.len(), 1);
        right += u32::from(hits.iter().any(|hit| gold.contains(&ids[&hit.key].as_str())));
        wanted += 1;
    }
    100.0 * f64::from(right) / f64::from(wanted)
}

#[test]
fn words_and_the_static_model_find_compiler_errors() {
    let words = recall_at_ten(Layout::default(), None, 1);
    let statics = recall_at_ten(Layout { statics: true, dimensions: 0 }, None, 1);
    assert!(words >= 89.5, "{words}");
    assert!(statics >= 91.0, "{statics}");
}

#[test]
fn the_transformer_finds_more_of_them() {
    let found = recall_at_ten(Layout { statics: true, dimensions: 0 }, Some(&Transformer::bundled()), 2);
    assert!(found >= 92.0, "{found}");
}
