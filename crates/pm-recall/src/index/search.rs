//! From a query to hits: each stage adds its part of the evidence, then the best items are kept.

use std::collections::HashSet;

use super::candidates::{Candidate, newest_first};
use super::{Index, Scratch, boost, filter::Filter, fusion::Fusion, lexical, slots::Slot};
use crate::Query;
use crate::hit::{Hit, Scored};
use crate::rank::Best;

pub(super) fn search(index: &Index, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Hit> {
    let Some(filter) = Filter::new(index, query) else {
        return Vec::new();
    };
    if query.text.trim().is_empty() {
        newest(index, query, &filter)
    } else {
        ranked(index, query, &filter, scratch)
    }
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

fn ranked(index: &Index, query: &Query<'_>, filter: &Filter<'_>, scratch: &mut Scratch) -> Vec<Hit> {
    if query.limit == 0 {
        return Vec::new();
    }
    let Scratch { evidence, lexical: room, statics, vectors, scores } = scratch;
    evidence.reset(index.slots.len());
    lexical::add_terms(index, query.text, evidence, room);
    boost::add_keys(index, query.text, evidence);
    let fusion = Fusion::new(index, query, evidence, statics, vectors);
    let mut candidates = fusion.candidates(filter, scores);
    let found = candidates.distinct(&fusion, query.limit);
    let others = fusion.others(&candidates);
    let scored =
        |candidate: &Candidate<'_>| fusion.scored(fusion.explain(candidate.at, candidate.slot), others);
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
