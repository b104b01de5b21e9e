//! The score of every item at once.

use super::candidates::Candidates;
use super::filter::Filter;
use super::fusion::{Fusion, by_share, expected_cosine, importance};
use super::rows::Compared;
use super::slots::Mark;

impl Fusion<'_> {
    /// A score for each slot, [`Candidates::NONE`] where the item is not to be found: those that anything speaks for have one,
    /// or all where all have vectors. `scores` is room for them.
    ///
    /// Most items of a large project only have to be ruled out. So these are made in sweeps over arrays, of cosines that may
    /// be [`Self::off`]; [`Self::explain`] is for those that are not ruled out.
    pub(super) fn candidates<'s>(&self, filter: &Filter<'_>, scores: &'s mut Vec<f64>) -> Candidates<'s> {
        let index = self.index;
        self.add_cosines(scores);
        self.add_words(scores);
        let mut priors = [Candidates::NONE; Mark::COUNT];
        for (prior, mark) in priors.iter_mut().zip(Mark::all()).filter(|(_, mark)| !filter.refuses(*mark)) {
            *prior = self.question(mark.is_question());
        }
        let marks = index.slots.marks();
        for (score, mark) in scores.iter_mut().zip(marks) {
            *score += priors.get(mark.number() % Mark::COUNT).copied().unwrap_or(Candidates::NONE);
        }
        let every = filter.looks_closer();
        let each = scores.iter_mut().zip(marks).zip(0..);
        for ((score, _), at) in each.filter(|((_, mark), _)| every || mark.is_particular()) {
            match index.slots.get(at).filter(|slot| filter.admits(slot)) {
                Some(slot) => *score += importance(slot),
                None => *score = Candidates::NONE,
            }
        }
        Candidates { scores }
    }

    /// Begins each score with what the vectors say; without any, with 0 for what words speak for, and nothing for the rest.
    fn add_cosines(&self, scores: &mut Vec<f64>) {
        scores.clear();
        let weights = &self.weights;
        match (&self.statics, &self.vectors) {
            (None, None) => {
                let touched = self.evidence.touched();
                scores.extend(touched.map(|touched| if touched { 0.0 } else { Candidates::NONE }));
            }
            (_, Some(compared)) => {
                scores.extend(compared.cosines().iter().map(|cosine| weights.vector * f64::from(*cosine)));
            }
            (Some(compared), None) => {
                scores.extend(compared.cosines().iter().map(|cosine| weights.statics * f64::from(*cosine)));
            }
        }
        for at in self.vectors.iter().flat_map(|_| self.index.vectors.missing()) {
            let statics = self.statics.as_ref().and_then(|statics| statics.cosines().get(at as usize));
            if let Some(score) = scores.get_mut(at as usize) {
                *score += weights.vector * expected_cosine(statics.map_or(0.0, |cosine| f64::from(*cosine)));
            }
        }
    }

    /// Adds what words and keys say.
    fn add_words(&self, scores: &mut [f64]) {
        let (evidence, weights, sessions) = (self.evidence, &self.weights, &self.index.sessions);
        let lexical = evidence.lexical.added();
        for (sums, weight) in [(lexical, weights.lexical), (evidence.window.added(), weights.window)] {
            let weight = weight * self.lexical_unit;
            for (score, sum) in scores.iter_mut().zip(sums) {
                *score += weight * by_share(*sum);
            }
        }
        for (score, boost) in scores.iter_mut().zip(evidence.boost.added()) {
            *score += boost;
        }
        for (score, named) in scores.iter_mut().zip(evidence.named.added()) {
            *score += weights.name * f64::from(*named);
        }
        if sessions.totals().0 > 0 && !lexical.is_empty() {
            let previous = weights.previous * self.lexical_unit;
            for (score, at) in scores.iter_mut().zip(0..) {
                let before = sessions.before(at).and_then(|before| lexical.get(before as usize));
                *score += before.map_or(0.0, |before| previous * by_share(*before));
            }
        }
    }

    /// How far a score may be off that is made of all cosines at once.
    pub(super) fn off(&self) -> f64 {
        let of = |compared: &Option<Compared<'_>>| compared.as_ref().map_or(0.0, Compared::off);
        let cosine = match (&self.statics, &self.vectors) {
            // The cosine that is expected of an item moves by up to twice as much as that of its static vector.
            (statics, vectors @ Some(_)) => self.weights.vector * of(vectors).max(2.0 * of(statics)),
            (statics, None) => self.weights.statics * of(statics),
        };
        // Sums are made in another order than those of an explanation.
        1e-9 + cosine
    }
}
