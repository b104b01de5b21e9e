//! A naive scan that answers as the index must: everything is recomputed from the items for each query.
//!
//! Of the engine it uses the tokenizer and the constants only. It knows words alone: vectors have tests of their own.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use pm_recall::{Kind, Query, tokenize, tuning};
use serde_json::Value;

use crate::sample::{Item, kind};

#[derive(Default)]
pub struct Oracle {
    /// Each with its terms.
    items: Vec<Known>,
    /// What was computed for the items as they are, by name: it takes long.
    figures: RefCell<HashMap<String, f64>>,
}

#[derive(Clone)]
struct Known {
    item: Item,
    terms: Vec<String>,
    names: HashSet<String>,
}

/// An item found, with the parts of its score.
pub struct Found {
    pub kind: Kind,
    pub key: String,
    pub timestamp: i64,
    pub parts: Vec<(&'static str, f64)>,
    pub score: f64,
    pub relevance: f64,
    /// Whether a word or a key speaks for it, not its neighbours alone.
    said: bool,
    same: (u8, Vec<String>),
}

impl Oracle {
    pub fn put(&mut self, item: &Item) {
        self.remove(item.kind, &item.key);
        let terms = item.document().tokens().into_iter().map(|token| token.text).collect();
        let names = item.document().names().into_iter().collect();
        self.figures.borrow_mut().clear();
        self.items.push(Known { item: item.clone(), terms, names });
    }

    pub fn remove(&mut self, kind: u8, key: &str) -> bool {
        self.figures.borrow_mut().clear();
        let before = self.items.len();
        self.items.retain(|known| known.item.kind != kind || known.item.key != key);
        self.items.len() < before
    }

    pub fn clear(&mut self) {
        self.figures.borrow_mut().clear();
        self.items.clear();
    }

    fn once(&self, name: String, compute: impl FnOnce() -> f64) -> f64 {
        if let Some(known) = self.figures.borrow().get(&name) {
            return *known;
        }
        let figure = compute();
        self.figures.borrow_mut().insert(name, figure);
        figure
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// All that match, best first, without regard to the query's limit.
    pub fn search(&self, query: &Query<'_>) -> Vec<Found> {
        let blank = query.text.chars().all(char::is_whitespace);
        let admitted = self.items.iter().filter(|known| admits(query, &known.item));
        let mut found: Vec<Found> = admitted.map(|known| self.found(query.text, blank, known)).collect();
        found.sort_by(best_first);
        if blank {
            return found;
        }
        found.retain(|found| !found.parts.is_empty());
        let (_, calibration) = tuning::WORDS_ALONE;
        let others = found.iter().map(|found| found.score.exp()).sum::<f64>();
        let others = (others + calibration.nothing.exp()).ln();
        for found in &mut found {
            let log_odds =
                calibration.intercept + calibration.score * found.score - calibration.others * others;
            found.relevance = 1.0 / (1.0 + (-log_odds).exp());
        }
        let mut said = HashSet::new();
        found.retain(|found| said.insert(found.same.clone()));
        found
    }

    /// Whether the item of this kind and key passes the filters.
    pub fn admits(&self, query: &Query<'_>, number: u8, key: &str) -> bool {
        let mut items = self.items.iter().map(|known| &known.item);
        items.any(|item| item.kind == number && item.key == key && admits(query, item))
    }

    /// Whether the best of what [`Self::search`] found is good enough to be answered.
    pub fn is_answered(query: &Query<'_>, found: &Found) -> bool {
        let (_, calibration) = tuning::WORDS_ALONE;
        let is_near = found.score >= calibration.nothing - tuning::UNSAID_BELOW_NOTHING;
        query.min_relevance.is_none_or(|least| found.relevance >= least) && (found.said || is_near)
    }

    fn found(&self, text: &str, blank: bool, known: &Known) -> Found {
        let item = &known.item;
        let (parts, said) = if blank { (Vec::new(), false) } else { self.parts(text, known) };
        let mut words = Vec::new();
        for json in [Some(&item.value), item.metadata.as_ref()].into_iter().flatten() {
            words.push("|".to_owned());
            each_word(json, &mut words);
        }
        Found {
            kind: kind(item.kind),
            key: item.key.clone(),
            timestamp: item.timestamp,
            score: parts.iter().map(|(_, part)| part).sum(),
            relevance: 0.0,
            parts,
            said,
            same: (item.kind, words),
        }
    }

    fn idf(&self, term: &str, least: usize) -> f64 {
        self.idf_of("term", term, least, |known| known.terms.iter().any(|other| other == term))
    }

    fn name_idf(&self, term: &str) -> f64 {
        self.idf_of("name", term, 0, |known| known.names.contains(term))
    }

    fn idf_of(&self, of: &str, term: &str, least: usize, has: impl Fn(&Known) -> bool) -> f64 {
        self.once(format!("{of} {least} {term}"), || {
            let count = self.items.len() as f64;
            let frequency = self.items.iter().filter(|known| has(known)).count().max(least) as f64;
            (1.0 + (count - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
        })
    }

    fn is_known(&self, term: &str) -> bool {
        self.once(format!("known {term}"), || {
            f64::from(u8::from(self.items.iter().any(|known| known.terms.iter().any(|other| other == term))))
        }) > 0.0
    }

    /// Tokens of an item on average, and of the window of one that has a session.
    fn averages(&self) -> (f64, f64) {
        let item = self.once("average".to_owned(), || {
            self.items.iter().map(|known| known.terms.len()).sum::<usize>() as f64 / self.len() as f64
        });
        let window = self.once("average window".to_owned(), || {
            let in_session = self.items.iter().filter(|known| known.item.session.is_some());
            let lengths =
                in_session.clone().flat_map(|known| self.window(known)).map(|known| known.terms.len());
            lengths.sum::<usize>() as f64 / in_session.count() as f64
        });
        (item, window)
    }

    /// The items of the same session as this one, at most two before and two after it, with it.
    fn window(&self, known: &Known) -> Vec<&Known> {
        let Some(session) = &known.item.session else { return Vec::new() };
        let mut session: Vec<&Known> =
            self.items.iter().filter(|other| other.item.session.as_ref() == Some(session)).collect();
        session.sort_by_key(|known| (known.item.timestamp, known.item.kind, known.item.key.clone()));
        let is_it =
            |other: &&&Known| (other.item.kind, &other.item.key) == (known.item.kind, &known.item.key);
        let at = session.iter().position(|other| is_it(&other)).unwrap();
        session[at.saturating_sub(2)..(at + 3).min(session.len())].to_vec()
    }

    fn before(&self, known: &Known) -> Option<&Known> {
        let window = self.window(known);
        let at = window.iter().position(|other| std::ptr::eq(*other, known)).unwrap_or(0);
        at.checked_sub(1).map(|at| window[at])
    }

    /// BM25 of a text made of these items' terms, among texts of this average length.
    fn bm25(&self, text: &str, of: &[&Known], average: f64) -> f64 {
        let length = of.iter().map(|known| known.terms.len()).sum::<usize>() as f64;
        let (k1, b) = (tuning::BM25_K1, tuning::BM25_B);
        let term = |token: pm_recall::Token| {
            let said =
                of.iter().flat_map(|known| &known.terms).filter(|term| **term == token.text).count() as f64;
            let idf = self.idf(&token.text, 0);
            if said > 0.0 {
                idf * said * (k1 + 1.0) / (said + k1 * (1.0 - b + b * length / average))
            } else {
                0.0
            }
        };
        tokenize(text).into_iter().map(term).sum()
    }

    /// The parts, none where nothing speaks for the item; and whether it is said.
    fn parts(&self, text: &str, known: &Known) -> (Vec<(&'static str, f64)>, bool) {
        let asked = tokenize(text);
        let (average, window_average) = self.averages();
        let lexical = self.bm25(text, &[known], average);
        let (mut window, mut previous) = (0.0, 0.0);
        if known.item.session.is_some() {
            window = self.bm25(text, &self.window(known), window_average);
            previous = self.before(known).map_or(0.0, |before| self.bm25(text, &[before], average));
        }
        let (mut identifiers, mut named, mut idfs) = (0.0, 0.0_f64, 0.0);
        for (at, token) in asked.iter().enumerate() {
            if self.is_known(&token.text) {
                idfs += self.idf(&token.text, 0);
            }
            let is_same = |other: &&pm_recall::Token| other.text == token.text;
            let is_first = asked[..at].iter().all(|other| !is_same(&other));
            if is_first
                && has_term(known, &token.text)
                && asked.iter().filter(is_same).any(|same| same.identifier)
            {
                identifiers += tuning::IDENTIFIER_BOOST * self.idf(&token.text, 0);
            }
            if known.names.contains(&token.text) {
                named = named.max((self.name_idf(&token.text) / tuning::NAME_IDF).min(1.0));
            }
        }
        let mut boost = f64::min(identifiers, tuning::IDENTIFIER_BOOST_MOST);
        let holds_all = asked.iter().all(|token| has_term(known, &token.text));
        if text.split_whitespace().count() == 1 && !asked.is_empty() && holds_all {
            boost += tuning::LOOKUP_BOOST;
        }
        let (said, key) = (words(text), words(&known.item.key));
        let of = |text: &str| tokenize(text).iter().map(|token| self.idf(&token.text, 1)).sum::<f64>();
        if !key.is_empty() && said == key {
            boost += tuning::WHOLE_KEY_BOOST + tuning::WHOLE_KEY_BOOST_PER_IDF * of(text);
        } else if !key.is_empty() && key.len() <= 32 && said.windows(key.len()).any(|window| window == key) {
            boost += if key.len() > 1 { tuning::KEY_BOOST_FLOOR } else { 0.0 };
            boost += tuning::KEY_BOOST * key.iter().map(|word| of(word)).sum::<f64>();
        }
        if lexical + window + boost <= 0.0 {
            return (Vec::new(), false);
        }
        let (weights, _) = tuning::WORDS_ALONE;
        // The share of the query that is said, to the power of 5/4, times the root of what there is to say.
        let share = |sum: f64| (sum / idfs.max(f64::MIN_POSITIVE)).powf(1.25) * idfs.sqrt();
        let is_question = known.item.value.as_str().is_some_and(|text| text.trim_end().ends_with('?'));
        let parts = vec![
            ("lexical", weights.lexical * share(lexical)),
            ("window", weights.window * share(window)),
            ("previous", weights.previous * share(previous)),
            ("name", weights.name * named),
            ("boost", boost),
            ("question", if is_question { weights.question } else { 0.0 }),
            ("importance", tuning::IMPORTANCE_WEIGHT * (known.item.importance - 0.5)),
        ];
        (parts, lexical + boost > 0.0)
    }
}

fn has_term(known: &Known, term: &str) -> bool {
    known.terms.iter().any(|other| other == term)
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

fn each_word(json: &Value, words: &mut Vec<String>) {
    let text = match json {
        Value::Null => return,
        Value::Array(values) => return values.iter().for_each(|value| each_word(value, words)),
        Value::Object(fields) => {
            for (name, value) in fields {
                each_word(&Value::from(name.as_str()), words);
                each_word(value, words);
            }
            return;
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    words.extend(text.split_whitespace().map(str::to_lowercase));
}

/// Words of ASCII text, as keys are compared by.
fn words(text: &str) -> Vec<String> {
    assert!(text.is_ascii(), "the oracle knows ASCII keys only");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}
