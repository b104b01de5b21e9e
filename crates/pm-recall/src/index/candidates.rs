//! The best of all candidates.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::fusion::Fusion;
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
pub(super) struct Candidates<'s> {
    /// By slot; [`Self::NONE`] where there is nothing to be found.
    pub(super) scores: &'s mut [f64],
}

/// How many scores are looked at together: most often none of them is among the best.
const BLOCK: usize = 64;

impl Candidates<'_> {
    /// The score of what the query does not let through.
    pub(super) const NONE: f64 = f64::NEG_INFINITY;

    /// The best `limit` candidates, of those that say the same the best alone. The scores of all that are as good become exact.
    pub(super) fn distinct<'a>(&mut self, fusion: &Fusion<'a>, limit: usize) -> Vec<Candidate<'a>> {
        let index = fusion.index;
        // Most often nothing is said twice: then a few more than are wanted do.
        let mut taken = limit.saturating_add(16);
        loop {
            let mut found = self.best(fusion, taken);
            let all = found.len() < taken;
            let mut said = BTreeSet::new();
            found.retain(|candidate| said.insert(index.texts.get(candidate.at as usize).copied()));
            if found.len() >= limit || all {
                found.truncate(limit);
                return found;
            }
            taken = taken.saturating_mul(4);
        }
    }

    /// The best `limit`, in order, by their exact scores.
    fn best<'a>(&mut self, fusion: &Fusion<'a>, limit: usize) -> Vec<Candidate<'a>> {
        let seeming = self.seeming(limit);
        let is_full = seeming.len() >= limit;
        let mut best: Vec<_> = seeming.into_iter().filter_map(|(_, at)| self.take(fusion, at)).collect();
        if is_full {
            // So many are at least as good as the last of these: what is worse for certain is not among the best.
            let last = best.iter().map(|candidate| candidate.score).fold(f64::INFINITY, f64::min);
            let bar = last - fusion.off();
            for start in (0..self.scores.len()).step_by(BLOCK) {
                let end = (start + BLOCK).min(self.scores.len());
                if self.scores.get(start..end).is_none_or(|scores| largest(scores) < bar) {
                    continue;
                }
                for at in start..end {
                    if self.scores.get(at).is_some_and(|score| *score >= bar) {
                        best.extend(u32::try_from(at).ok().and_then(|at| self.take(fusion, at)));
                    }
                }
            }
        }
        for candidate in &best {
            self.set(candidate.at, candidate.score);
        }
        best.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| newest_first(a.slot, b.slot)));
        best.truncate(limit);
        best
    }

    /// What the item in `at` scores exactly. Its own score goes, so that it is taken once.
    fn take<'a>(&mut self, fusion: &Fusion<'a>, at: u32) -> Option<Candidate<'a>> {
        self.set(at, Self::NONE);
        let slot = fusion.index.slots.get(at)?;
        Some(Candidate { at, slot, score: fusion.explain(at, slot).score() })
    }

    fn set(&mut self, at: u32, score: f64) {
        if let Some(kept) = self.scores.get_mut(at as usize) {
            *kept = score;
        }
    }

    /// The `limit` that seem the best, with their scores.
    fn seeming(&self, limit: usize) -> Vec<(f64, u32)> {
        let mut best = Best::new(limit, |a: &(f64, u32), b: &(f64, u32)| {
            b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1))
        });
        for (scores, start) in self.scores.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            let bar = best.bar().map_or(f64::MIN, |(bar, _)| *bar);
            if largest(scores) >= bar {
                let above = scores.iter().zip(start..).filter(|(score, _)| **score >= bar);
                above.for_each(|(score, at)| best.push((*score, at)));
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

#[cfg(test)]
mod tests;
