//! From a query to hits: each stage adds its part of the evidence, then the best items are kept.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Index, boost, evidence::Evidence, filter::Filter, fusion::Fusion, lexical, slots::Slot};
use crate::Query;
use crate::hit::{Hit, Scored};
use crate::rank::Best;

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

/// An item that may be found.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    at: u32,
    slot: &'a Slot,
    score: f64,
}

fn ranked(index: &Index, query: &Query<'_>, filter: &Filter<'_>) -> Vec<Hit> {
    if query.limit == 0 {
        return Vec::new();
    }
    let mut evidence = Evidence::new(index.slots.len());
    lexical::add_terms(index, query.text, &mut evidence);
    boost::add_keys(index, query.text, &mut evidence);
    let fusion = Fusion::new(index, query, evidence);
    let mut candidates = Vec::with_capacity(fusion.most_candidates());
    fusion.each_candidate(|at, slot| {
        if filter.admits(slot) {
            candidates.push(Candidate { at, slot, score: fusion.score(at, slot) });
        }
    });
    let others = fusion.others(candidates.iter().map(|candidate| candidate.score));
    let scored =
        |candidate: &Candidate<'_>| fusion.scored(fusion.explain(candidate.at, candidate.slot), others);
    let found = distinct(index, &candidates, query.limit);
    let found: Vec<(Candidate<'_>, Scored)> = found
        .into_iter()
        .map(|candidate| (candidate, scored(&candidate)))
        .filter(|(candidate, scored)| {
            query.min_relevance.is_none_or(|least| scored.relevance >= least)
                && fusion.is_found(candidate.at, scored.score)
        })
        .collect();
    let found = with_ties(index, filter, query.limit, found, scored);
    found.into_iter().map(|(candidate, scored)| hit(candidate.slot, Some(scored))).collect()
}

/// The best `limit` candidates, of those that say the same the best alone.
fn distinct<'a>(index: &Index, candidates: &[Candidate<'a>], limit: usize) -> Vec<Candidate<'a>> {
    // Most often nothing is said twice: then a few more than are wanted do.
    let mut taken = limit.saturating_add(16);
    loop {
        let mut best = Best::new(taken, |a: &Candidate<'_>, b: &Candidate<'_>| {
            b.score.total_cmp(&a.score).then_with(|| newest_first(a.slot, b.slot))
        });
        for candidate in candidates {
            best.push(*candidate);
        }
        let mut said = HashSet::new();
        let mut found = best.into_sorted();
        found.retain(|candidate| said.insert(index.texts.get(candidate.at as usize).copied()));
        if found.len() >= limit || taken >= candidates.len() {
            found.truncate(limit);
            return found;
        }
        taken = taken.saturating_mul(4);
    }
}

/// Puts what is tied to an item right behind it, as relevant as that is; what falls behind the limit by it goes. An item
/// that stands behind what is tied to it moves up to it.
fn with_ties<'a>(
    index: &'a Index,
    filter: &Filter<'_>,
    limit: usize,
    found: Vec<(Candidate<'a>, Scored)>,
    scored: impl Fn(&Candidate<'a>) -> Scored,
) -> Vec<(Candidate<'a>, Scored)> {
    let tied = |slot: &Slot| index.links.to(slot.kind, &slot.key);
    if found.iter().all(|(candidate, _)| tied(candidate.slot).is_empty()) {
        return found;
    }
    let mut heads = Vec::new();
    let (mut placed, mut ordered) = (HashSet::new(), Vec::with_capacity(found.len()));
    for (candidate, own) in &found {
        // What it is tied to comes first, if that was found as well, further down.
        let head = found.iter().find(|(other, _)| tied(other.slot).contains(&candidate.at));
        heads.push(head.map_or((*candidate, own.clone()), |(other, _)| (*other, lifted(scored(other), own))));
    }
    for (head, own) in heads {
        if !placed.insert(head.at) {
            continue;
        }
        let followers = tied(head.slot).iter().filter_map(|&at| {
            let slot = index.slots.get(at).filter(|slot| filter.admits(slot) && placed.insert(at))?;
            let follower = Candidate { at, slot, score: 0.0 };
            Some((follower, scored(&follower)))
        });
        let mut followers: Vec<_> = followers.collect();
        // Not in the order in which they came to be tied, which a compaction forgets.
        followers.sort_by(|(a, of_a), (b, of_b)| {
            of_b.score.total_cmp(&of_a.score).then_with(|| newest_first(a.slot, b.slot))
        });
        ordered.push((head, own.clone()));
        ordered.extend(followers.into_iter().map(|(follower, its)| (follower, lifted(its, &own))));
    }
    ordered.truncate(limit);
    ordered
}

/// At least as good as what it is tied to.
fn lifted(mut scored: Scored, to: &Scored) -> Scored {
    if scored.score < to.score {
        scored.explain.link = to.score - scored.score;
        // Exactly the sum of the parts, as it is promised.
        scored.score = scored.explain.score();
        scored.relevance = to.relevance;
    }
    scored
}

fn hit(slot: &Slot, scored: Option<Scored>) -> Hit {
    Hit { kind: slot.kind, key: slot.key.to_string(), timestamp: slot.timestamp, scored }
}
