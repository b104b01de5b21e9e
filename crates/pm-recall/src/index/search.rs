//! From a query to hits: each stage adds its part of the evidence, then the best items are kept.

use std::cmp::Ordering;

use super::{Index, boost, evidence::Evidence, filter::Filter, lexical, slots::Slot};
use crate::hit::{Explain, Hit, Scored};
use crate::rank::Best;
use crate::{Query, tuning};

pub(super) fn search(index: &Index, query: &Query<'_>) -> Vec<Hit> {
    let Some(filter) = Filter::new(index, query) else {
        return Vec::new();
    };
    if query.text.trim().is_empty() { newest(index, query, &filter) } else { ranked(index, query, &filter) }
}

fn newest(index: &Index, query: &Query<'_>, filter: &Filter<'_>) -> Vec<Hit> {
    let mut best = Best::new(query.limit, |a: &&Slot, b: &&Slot| newest_first(a, b));
    index
        .slots
        .iter()
        .map(|(_, slot)| slot)
        .filter(|slot| filter.admits(slot))
        .for_each(|slot| best.push(slot));
    best.into_sorted().into_iter().map(|slot| hit(slot, None)).collect()
}

/// The newest first; at one moment by kind and key.
fn newest_first(a: &Slot, b: &Slot) -> Ordering {
    b.timestamp.cmp(&a.timestamp).then_with(|| a.kind.cmp(&b.kind)).then_with(|| a.key.cmp(&b.key))
}

/// An item that matches.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    slot: &'a Slot,
    lexical: f64,
    boost: f64,
    score: f64,
}

fn ranked(index: &Index, query: &Query<'_>, filter: &Filter<'_>) -> Vec<Hit> {
    let mut evidence = Evidence::new(index.slots.len());
    lexical::add_terms(index, query.text, &mut evidence);
    boost::add_keys(index, query.text, &mut evidence);

    let mut best = Best::new(query.limit, |a: &Candidate<'_>, b: &Candidate<'_>| {
        b.score.total_cmp(&a.score).then_with(|| newest_first(a.slot, b.slot))
    });
    for (at, lexical, boost) in evidence.found() {
        // Most items cannot win whatever their importance: those are not even looked at.
        let reachable = (lexical + boost) * (1.0 + tuning::IMPORTANCE_WEIGHT);
        if best.bar().is_some_and(|bar| reachable < bar.score) {
            continue;
        }
        if let Some(slot) = index.slots.get(at).filter(|slot| filter.admits(slot)) {
            let scored = scored(slot, lexical, boost);
            if query.min_relevance.is_none_or(|least| scored.relevance >= least) {
                best.push(Candidate { slot, lexical, boost, score: scored.score });
            }
        }
    }
    let found = best.into_sorted().into_iter();
    found.map(|found| hit(found.slot, Some(scored(found.slot, found.lexical, found.boost)))).collect()
}

fn scored(slot: &Slot, lexical: f64, boost: f64) -> Scored {
    let nudge = tuning::IMPORTANCE_WEIGHT * (f64::from(slot.importance) - 0.5);
    Scored::new(Explain { lexical, boost, importance: (lexical + boost) * nudge })
}

fn hit(slot: &Slot, scored: Option<Scored>) -> Hit {
    Hit { kind: slot.kind, key: slot.key.to_string(), timestamp: slot.timestamp, scored }
}
