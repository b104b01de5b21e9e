//! The best of all candidates.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::Index;
use super::slots::Slot;
use crate::rank::Best;

/// An item that may be found.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) at: u32,
    pub(super) slot: &'a Slot,
    pub(super) score: f64,
}

/// All that may be found, by their scores.
pub(super) struct Candidates<'a> {
    /// [`Self::NONE`] where there is none.
    pub(super) scores: &'a [f64],
    /// The slot of each score; `None`: that of its place.
    pub(super) slots: Option<&'a [u32]>,
}

/// How many scores are looked at together: most often none of them is among the best.
const BLOCK: usize = 64;

impl Candidates<'_> {
    /// The score of what the query does not let through.
    pub(super) const NONE: f64 = f64::NEG_INFINITY;

    /// The best `limit` candidates, of those that say the same the best alone.
    pub(super) fn distinct<'a>(&self, index: &'a Index, limit: usize) -> Vec<Candidate<'a>> {
        // Most often nothing is said twice: then a few more than are wanted do.
        let mut taken = limit.saturating_add(16);
        loop {
            let mut found = self.best(index, taken);
            let all = found.len() < taken;
            let mut said = HashSet::with_capacity(found.len());
            found.retain(|candidate| said.insert(index.texts.get(candidate.at as usize).copied()));
            if found.len() >= limit || all {
                found.truncate(limit);
                return found;
            }
            taken = taken.saturating_mul(4);
        }
    }

    /// The best `limit`, in order.
    fn best<'a>(&self, index: &'a Index, limit: usize) -> Vec<Candidate<'a>> {
        let mut best = Best::new(limit, |a: &Candidate<'_>, b: &Candidate<'_>| {
            b.score.total_cmp(&a.score).then_with(|| newest_first(a.slot, b.slot))
        });
        for (scores, start) in self.scores.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            let bar = best.bar().map_or(f64::MIN, |bar| bar.score);
            if largest(scores) < bar {
                continue;
            }
            for (&score, place) in scores.iter().zip(start..).filter(|(score, _)| **score >= bar) {
                let at = self.slots.map_or(Some(place), |slots| slots.get(place as usize).copied());
                if let Some((at, slot)) = at.and_then(|at| Some((at, index.slots.get(at)?))) {
                    best.push(Candidate { at, slot, score });
                }
            }
        }
        best.into_sorted()
    }
}

/// The largest of the values, for few instructions: lane by lane first.
pub(super) fn largest(values: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if a > b { a } else { b };
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [f64::NEG_INFINITY; 8];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*value, *lane);
        }
    }
    lanes.iter().chain(rest).fold(f64::NEG_INFINITY, |most, value| larger(*value, most))
}

/// The newest first; at one moment by kind and key.
pub(super) fn newest_first(a: &Slot, b: &Slot) -> Ordering {
    b.timestamp.cmp(&a.timestamp).then_with(|| a.kind.cmp(&b.kind)).then_with(|| a.key.cmp(&b.key))
}
