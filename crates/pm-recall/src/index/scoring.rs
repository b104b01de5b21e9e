//! The score of every item at once.

use super::candidates::Candidates;
use super::filter::Filter;
use super::fusion::{Fusion, importance};
use super::slots::Mark;

impl<'a> Fusion<'a> {
    /// The items that may be found with their scores: those that anything speaks for, or all where all have vectors.
    /// `scores` is room for them.
    pub(super) fn candidates(&self, filter: &Filter<'_>, scores: &'a mut Vec<f64>) -> Candidates<'a> {
        scores.clear();
        let weights = &self.weights;
        match (self.statics, self.vectors) {
            (None, None) => {
                let touched = self.evidence.touched();
                scores.extend(touched.iter().map(|&at| self.score(at, filter)));
                return Candidates { scores, slots: Some(touched) };
            }
            (Some(statics), None) => {
                self.score_all(
                    filter,
                    scores,
                    statics.iter().map(|cosine| weights.statics * f64::from(*cosine)),
                );
            }
            (_, Some(vectors)) => {
                let cosines = (0..).zip(vectors).map(|(at, _)| self.cosines(at));
                let parts =
                    cosines.map(|(statics, vector)| weights.statics * statics + weights.vector * vector);
                self.score_all(filter, scores, parts);
            }
        }
        Candidates { scores, slots: None }
    }

    fn score(&self, at: u32, filter: &Filter<'_>) -> f64 {
        let slot = self.index.slots.get(at).filter(|slot| filter.admits(slot));
        slot.map_or(Candidates::NONE, |slot| self.explain(at, slot).score())
    }

    /// Of most items of a large project only their vectors speak, and what they are themselves: `cosines` are the parts
    /// of the score by the vectors.
    ///
    /// These are added up in the order of [`Explain`](crate::hit::Explain), so that the sum is the same to the last bit.
    fn score_all(&self, filter: &Filter<'_>, scores: &mut Vec<f64>, cosines: impl Iterator<Item = f64>) {
        let slots = &self.index.slots;
        let mut priors = [Candidates::NONE; Mark::COUNT];
        for (prior, mark) in priors.iter_mut().zip(Mark::all()).filter(|(_, mark)| !filter.refuses(*mark)) {
            *prior = self.question(mark.is_question());
        }
        let prior = |mark: Mark| priors.get(mark.number() % Mark::COUNT).copied().unwrap_or(Candidates::NONE);
        scores.extend(cosines.zip(slots.marks()).map(|(cosines, mark)| cosines + prior(*mark)));
        let every = filter.looks_closer();
        let each = scores.iter_mut().zip(slots.marks()).zip(0..);
        for ((score, _), at) in each.filter(|((_, mark), _)| every || mark.is_particular()) {
            match slots.get(at).filter(|slot| filter.admits(slot)) {
                Some(slot) => *score += importance(slot),
                None => *score = Candidates::NONE,
            }
        }
        for &at in self.evidence.touched() {
            if let Some(score) = scores.get_mut(at as usize).filter(|score| **score > Candidates::NONE)
                && let Some(slot) = slots.get(at)
            {
                *score = self.explain(at, slot).score();
            }
        }
    }
}
