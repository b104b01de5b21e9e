//! A naive scan that answers as the index must: everything is recomputed from the items for each query.
//!
//! Of the engine it uses the tokenizer and the constants only.

use std::cmp::Ordering;

use pm_recall::{Kind, Query, tokenize, tuning};

use crate::sample::{Item, kind};

#[derive(Default)]
pub struct Oracle {
    /// Each with its terms.
    items: Vec<(Item, Vec<String>)>,
}

/// An item found, with the parts of its score.
pub struct Found {
    pub kind: Kind,
    pub key: String,
    pub timestamp: i64,
    pub lexical: f64,
    pub boost: f64,
    pub score: f64,
}

impl Oracle {
    pub fn put(&mut self, item: &Item) {
        self.remove(item.kind, &item.key);
        let terms = item.document().tokens().into_iter().map(|token| token.text);
        self.items.push((item.clone(), terms.collect()));
    }

    pub fn remove(&mut self, kind: u8, key: &str) -> bool {
        let before = self.items.len();
        self.items.retain(|(item, _)| item.kind != kind || item.key != key);
        self.items.len() < before
    }

    pub fn clear(&mut self) {
        self.items.clear();
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// All that match, best first, without regard to the query's limit.
    pub fn search(&self, query: &Query<'_>) -> Vec<Found> {
        let corpus: Vec<&[String]> = self.items.iter().map(|(_, terms)| terms.as_slice()).collect();
        let blank = query.text.chars().all(char::is_whitespace);
        let mut found: Vec<Found> = (self.items.iter())
            .filter(|(item, _)| admits(query, item))
            .map(|(item, own)| {
                let (lexical, boost) = if blank { (0.0, 0.0) } else { score(query.text, item, own, &corpus) };
                Found {
                    kind: kind(item.kind),
                    key: item.key.clone(),
                    timestamp: item.timestamp,
                    lexical,
                    boost,
                    score: (lexical + boost) * (1.0 + tuning::IMPORTANCE_WEIGHT * (item.importance - 0.5)),
                }
            })
            .filter(|found| blank || found.lexical + found.boost > 0.0)
            .filter(|found| {
                let relevance = found.score / (found.score + tuning::RELEVANCE_HALF);
                blank || query.min_relevance.is_none_or(|least| relevance >= least)
            })
            .collect();
        found.sort_by(best_first);
        found
    }
}

fn best_first(a: &Found, b: &Found) -> Ordering {
    let (left, right) = ((b.score, b.timestamp, a.kind, &a.key), (a.score, a.timestamp, b.kind, &b.key));
    left.partial_cmp(&right).unwrap()
}

fn admits(query: &Query<'_>, item: &Item) -> bool {
    let expired = matches!(item.expires_at, Some(at) if at <= query.now);
    let right_session = query.session.is_none() || query.session == item.session.as_deref();
    let early = matches!(query.since, Some(since) if item.timestamp < since);
    let late = matches!(query.until, Some(until) if item.timestamp >= until);
    query.kinds.contains(kind(item.kind)) && right_session && !expired && !early && !late
}

fn score(text: &str, item: &Item, own: &[String], corpus: &[&[String]]) -> (f64, f64) {
    let asked = tokenize(text);
    let count = corpus.len() as f64;
    let idf = |term: &str, least: usize| {
        let frequency =
            corpus.iter().filter(|terms| terms.iter().any(|other| other == term)).count().max(least) as f64;
        (1.0 + (count - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
    };
    let average = corpus.iter().map(|terms| terms.len()).sum::<usize>() as f64 / count;
    let (mut lexical, mut boost) = (0.0, 0.0);
    for (at, token) in asked.iter().enumerate() {
        let frequency = own.iter().filter(|term| **term == token.text).count() as f64;
        if frequency > 0.0 {
            let (k1, b) = (tuning::BM25_K1, tuning::BM25_B);
            let length = 1.0 - b + b * own.len() as f64 / average;
            lexical += idf(&token.text, 0) * frequency * (k1 + 1.0) / (frequency + k1 * length);
            let is_same = |other: &&pm_recall::Token| other.text == token.text;
            if asked[..at].iter().all(|other| !is_same(&other))
                && asked.iter().filter(is_same).any(|same| same.identifier)
            {
                boost += tuning::IDENTIFIER_BOOST * idf(&token.text, 0);
            }
        }
    }
    let (said, key) = (words(text), words(&item.key));
    let idfs = |text: &str| tokenize(text).iter().map(|token| idf(&token.text, 1)).sum::<f64>();
    if !key.is_empty() && said == key {
        boost += tuning::WHOLE_KEY_FLOOR + tuning::WHOLE_KEY_BOOST * idfs(text);
    } else if !key.is_empty() && key.len() <= 32 && said.windows(key.len()).any(|window| window == key) {
        boost += tuning::KEY_BOOST * key.iter().map(|word| idfs(word)).sum::<f64>();
    }
    (lexical, boost)
}

/// Words of ASCII text, as keys are compared by.
fn words(text: &str) -> Vec<String> {
    assert!(text.is_ascii(), "the oracle knows ASCII keys only");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}
