use pm_testbed::text::Random;
use serde_json::Value;

use super::*;
use crate::index::filter::Filter;
use crate::index::{Scratch, boost, lexical};
use crate::{Document, Index, Kind, Layout, PassageVector, Query, fingerprint, tuning};

/// Directions that lie as near to each other as those of texts do.
fn vector(random: &mut Random) -> Vec<f32> {
    let mut value = || f32::from(i16::try_from(random.number() % 2001).unwrap() - 1000);
    let values: Vec<f32> = (0..384).map(|_| 500.0 + value()).collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

/// Items of which every `apart`-th has no vector by the embedder yet.
fn filled(items: usize, apart: usize, random: &mut Random) -> Index {
    let mut index = Index::new(Layout { statics: true, dimensions: 0 });
    for at in 0..items {
        let (kind, key) = (Kind::new(2).unwrap(), format!("item-{at}"));
        let value = Value::from(random.words(12));
        let session = (at % 2 == 0).then(|| format!("session {}", at / 20));
        let document = Document {
            kind,
            kind_name: "context",
            key: &key,
            value: &value,
            metadata: None,
            session: session.as_deref(),
            timestamp: i64::try_from(at / 2).unwrap(),
            expires_at: (at % 7 == 0).then_some(if at % 14 == 0 { 10 } else { 1_000_000 }),
            importance: if at % 5 == 0 { 0.9 } else { 0.5 },
            tied_to: &[],
        };
        index.put(&document);
        if at % apart > 0 {
            let vector = PassageVector::new(fingerprint(&document.passage()), &vector(random));
            assert!(index.attach(kind, &key, &vector));
        }
    }
    (0..items / 10).for_each(|at| assert!(index.remove(Kind::new(2).unwrap(), &format!("item-{}", 9 * at))));
    index
}

#[test]
fn the_best_of_many_are_those_by_the_exact_scores_of_all() {
    let mut random = Random(11);
    for apart in [2, usize::MAX] {
        let index = filled(tuning::COARSE_FROM + tuning::COARSE_FROM / 4, apart, &mut random);
        for (at, limit) in [1, 10, 50, 300].into_iter().cycle().take(24).enumerate() {
            let (text, vector) = (random.words(6), vector(&mut random));
            let vector = (at % 3 > 0).then_some(vector.as_slice());
            let query = Query { vector, is_reference: at % 3 == 1, ..Query::unfiltered(&text, 500, limit) };
            let filter = Filter::new(&index, &query).unwrap();
            let Scratch { evidence, lexical: room, statics, vectors, scores } = &mut Scratch::new();
            evidence.reset(index.slots.len());
            lexical::add_terms(&index, &text, evidence, room);
            boost::add_keys(&index, &text, evidence);
            let fusion = Fusion::new(&index, &query, evidence, statics, vectors);
            let each = index.slots.iter().filter(|(_, slot)| filter.admits(slot));
            let mut all: Vec<_> = each
                .map(|(at, slot)| Candidate { at, slot, score: fusion.explain(at, slot).score() })
                .collect();
            all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| newest_first(a.slot, b.slot)));
            let wanted: f64 = all.iter().map(|candidate| candidate.score.exp()).sum::<f64>().ln();
            let mut candidates = fusion.candidates(&filter, scores);
            let found: Vec<_> =
                candidates.distinct(&fusion, limit).iter().map(|found| (found.at, found.score)).collect();
            let exact: Vec<_> = all.iter().take(limit).map(|found| (found.at, found.score)).collect();
            assert_eq!(found, exact, "{text}");
            let sum = candidates.scores.iter().map(|score| score.exp()).sum::<f64>().ln();
            // Made-up texts have more in common than real ones, and so have the errors of their cosines: seen is 0.04,
            // which moves a relevance by a hundredth at most.
            assert!((sum - wanted).abs() < 0.05, "{sum} {wanted}");
        }
    }
}
