//! The best of all candidates.

use std::cmp::Ordering;
use std::collections::HashSet;

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
            let mut said = HashSet::with_capacity(found.len());
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
                let is_above = |scores: &&[f64]| largest(scores) >= bar;
                if self.scores.get(start..end).filter(is_above).is_none() {
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
mod tests {
    use pm_testbed::text::Random;
    use serde_json::Value;

    use super::*;
    use crate::index::filter::Filter;
    use crate::index::{Scratch, boost, lexical};
    use crate::{Document, Index, Kind, Layout, PassageVector, Query, fingerprint, tuning};

    /// Directions that lie as near to each other as those of texts do.
    fn vector(random: &mut Random) -> Vec<f32> {
        let mut value = || f32::from(i16::try_from(random.number() % 2001).unwrap() - 1000);
        let values: Vec<f32> = (0..64).map(|_| 500.0 + value()).collect();
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
        (0..items / 10)
            .for_each(|at| assert!(index.remove(Kind::new(2).unwrap(), &format!("item-{}", 9 * at))));
        index
    }

    #[test]
    fn the_best_of_many_are_those_by_the_exact_scores_of_all() {
        let mut random = Random(11);
        for apart in [2, usize::MAX] {
            let index = filled(4 * tuning::COARSE_FROM, apart, &mut random);
            for (at, limit) in [1, 10, 50, 300].into_iter().cycle().take(24).enumerate() {
                let (text, vector) = (random.words(6), vector(&mut random));
                let vector = (at % 3 > 0).then_some(vector.as_slice());
                let query =
                    Query { vector, is_reference: at % 3 == 1, ..Query::unfiltered(&text, 500, limit) };
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
                assert!((sum - wanted).abs() < 0.02, "{sum} {wanted}");
            }
        }
    }
}
