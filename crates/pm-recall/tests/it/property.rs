//! The index against the oracle, over random histories.

use pm_recall::{Hit, Index, KindSet, Layout, Query, Scratch};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::oracle::{Found, Oracle};
use crate::sample::{Item, kind};

/// Few words, so that items share them: plain ones, a stop word, identifiers and versions.
const WORDS: [&str; 14] = [
    "pool",
    "pools",
    "disk",
    "full",
    "the",
    "login",
    "login-500",
    "500",
    "E0382",
    "userLogin",
    "user_login",
    "v1.2.0",
    "src/main.rs",
    "retry",
];
const KEYS: [&str; 9] =
    ["login-500", "Login_500", "disk", "the", "pool-disk-full", "k", "--", "e0382", "src/main.rs"];
const SESSIONS: [&str; 2] = ["s1", "s2"];

#[derive(Clone, Debug)]
enum Step {
    Put(Item),
    Remove(u8, String),
    Clear,
    Search(Question),
}

/// A query that owns its text.
#[derive(Clone, Debug)]
struct Question {
    text: String,
    kinds: Vec<u8>,
    session: Option<&'static str>,
    since: Option<i64>,
    until: Option<i64>,
    now: i64,
    limit: usize,
    min_relevance: Option<f64>,
}

impl Question {
    fn query(&self) -> Query<'_> {
        Query {
            text: &self.text,
            vector: None,
            is_reference: true,
            kinds: self.kinds.iter().map(|&number| kind(number)).collect::<KindSet>(),
            session: self.session,
            since: self.since,
            until: self.until,
            now: self.now,
            limit: self.limit,
            min_relevance: self.min_relevance,
        }
    }
}

fn words(count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), count).prop_map(|words| words.join(" "))
}

fn json_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        words(0..6).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(json!(null))
    ];
    scalar.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            (prop::sample::select(&WORDS[..]), inner).prop_map(|(name, value)| json!({ name: value })),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&KEYS[..]).prop_map(str::to_owned),
        (0..150).prop_map(|n| format!("key-{n}"))
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let session = prop::option::of(prop::sample::select(&SESSIONS[..]).prop_map(str::to_owned));
    // Quarters are exact in f32, as importance is kept.
    let importance = prop::sample::select(vec![0.0, 0.25, 0.5, 0.5, 1.0]);
    let times = (0_i64..8, prop::option::of(0_i64..8));
    (0..3_u8, key(), json_value(), prop::option::of(json_value()), session, times, importance).prop_map(
        |(kind, key, value, metadata, session, (timestamp, expires_at), importance)| Item {
            kind,
            key,
            value,
            metadata,
            session,
            timestamp,
            expires_at,
            importance,
            tied_to: Vec::new(),
        },
    )
}

fn question() -> impl Strategy<Value = Question> {
    let text = prop_oneof![8 => words(1..6), 2 => key(), 1 => Just(" ".to_owned())];
    let kinds = prop_oneof![3 => Just(vec![0, 1, 2]), 1 => prop::collection::vec(0..3_u8, 0..3)];
    let session =
        prop_oneof![4 => Just(None), 1 => prop::sample::select(vec![Some("s1"), Some("s2"), Some("none")])];
    let rarely = |range| prop_oneof![3 => Just(None), 1 => range];
    let times =
        (rarely((0_i64..8).prop_map(Some).boxed()), rarely((0_i64..8).prop_map(Some).boxed()), 0_i64..8);
    let least = prop_oneof![4 => Just(None), 1 => (0.0..0.6).prop_map(Some)];
    (text, kinds, session, times, 0_usize..30, least).prop_map(
        |(text, kinds, session, (since, until, now), limit, min_relevance)| Question {
            text,
            kinds,
            session,
            since,
            until,
            now,
            limit,
            min_relevance,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => item().prop_map(Step::Put),
        8 => (0..3_u8, key()).prop_map(|(kind, key)| Step::Remove(kind, key)),
        12 => question().prop_map(Step::Search),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_as_a_scan_does(steps in prop::collection::vec(prop_oneof![200 => step(), 1 => Just(Step::Clear)], 0..120)) {
        play(steps)?;
    }

    /// Long enough that items are replaced and removed past the point of compaction, several times.
    #[test]
    fn the_index_answers_as_a_scan_does_after_compactions(
        items in prop::collection::vec(item(), 250..400), removed in prop::collection::vec((0..3_u8, key()), 100..200),
        questions in prop::collection::vec(question(), 12), more in prop::collection::vec(item(), 0..60),
    ) {
        let removals = removed.into_iter().map(|(kind, key)| Step::Remove(kind, key));
        let asked = || questions.iter().cloned().map(Step::Search);
        let puts = |items: Vec<Item>| items.into_iter().map(Step::Put);
        play(puts(items).chain(asked()).chain(removals).chain(asked()).chain(puts(more)).chain(asked()))?;
    }
}

fn play(steps: impl IntoIterator<Item = Step>) -> Result<(), TestCaseError> {
    let (mut index, mut oracle) = (Index::new(Layout::default()), Oracle::default());
    let mut with_vectors = Index::new(Layout { statics: true, dimensions: 0 });
    // Of all searches of both, which differ in size too.
    let mut scratch = Scratch::new();
    for step in steps {
        match step {
            Step::Put(item) => {
                index.put(&item.document());
                with_vectors.put(&item.document());
                oracle.put(&item);
            }
            Step::Remove(number, key) => {
                prop_assert_eq!(index.remove(kind(number), &key), oracle.remove(number, &key));
                with_vectors.remove(kind(number), &key);
            }
            Step::Clear => {
                index.clear();
                with_vectors.clear();
                oracle.clear();
            }
            Step::Search(question) => {
                let query = question.query();
                let hits = index.search(&query);
                compare(&hits, &oracle.search(&query), &query)?;
                prop_assert_eq!(index.search_in(&query, &mut scratch), hits, "a search changed the next");
                let hits = with_vectors.search(&query);
                prop_assert_eq!(
                    with_vectors.search_in(&query, &mut scratch),
                    hits.clone(),
                    "the same, with vectors"
                );
                prop_assert!(hits.iter().all(|hit| oracle.admits(&query, hit.kind.get(), &hit.key)));
                in_order(&hits)?;
            }
        }
        prop_assert_eq!(index.len(), oracle.len());
    }
    Ok(())
}

/// Same items, same scores; same order but where the oracle's scores differ by rounding only.
fn compare(hits: &[Hit], all: &[Found], query: &Query<'_>) -> Result<(), TestCaseError> {
    // Names are weighed in f32.
    const ROUNDING: f64 = 1e-6;
    let blank = query.text.trim().is_empty();
    let wanted: Vec<&Found> =
        all.iter().take(query.limit).filter(|found| blank || Oracle::is_answered(query, found)).collect();
    prop_assert_eq!(hits.len(), wanted.len(), "of {:?}", query);
    for (hit, at_rank) in hits.iter().zip(wanted) {
        let Some(expected) = all.iter().find(|found| found.kind == hit.kind && found.key == hit.key) else {
            return Err(TestCaseError::fail(format!("{hit:?} must not be found by {query:?}")));
        };
        prop_assert_eq!(hit.timestamp, expected.timestamp);
        let Some(scored) = &hit.scored else {
            prop_assert!(query.text.trim().is_empty());
            prop_assert_eq!((hit.kind, &hit.key), (at_rank.kind, &at_rank.key));
            continue;
        };
        let sum: f64 = scored.explain.parts().map(|(_, part)| part).sum();
        prop_assert!((sum - scored.score).abs() == 0.0);
        for (name, expected) in &expected.parts {
            let part =
                scored.explain.parts().find(|(other, _)| other == name).map_or(f64::NAN, |(_, part)| part);
            prop_assert!(
                (part - expected).abs() < ROUNDING,
                "{} {} not {} for {:?}",
                name,
                part,
                expected,
                query
            );
        }
        prop_assert!((scored.relevance - expected.relevance).abs() < ROUNDING);
        prop_assert!((scored.score - at_rank.score).abs() < ROUNDING, "rank of {:?} for {:?}", hit, query);
        prop_assert!((0.0..=1.0).contains(&scored.relevance));
    }
    in_order(hits)
}

/// Equal scores of the index itself, which are equal to the last bit, go by time, kind and key.
fn in_order(hits: &[Hit]) -> Result<(), TestCaseError> {
    let order = |hit: &Hit| {
        (hit.scored.as_ref().map_or(0.0, |scored| -scored.score), -hit.timestamp, hit.kind, hit.key.clone())
    };
    prop_assert!(hits.is_sorted_by(|a, b| order(a) < order(b)));
    Ok(())
}
