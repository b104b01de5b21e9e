//! From evidence to one score, and from scores to probabilities.

use super::candidates::{Candidates, largest};
use super::{Index, evidence::Evidence, slots::Slot};
use crate::hit::{Explain, Scored};
use crate::query::Query;
use crate::tuning::{self, Calibration, Weights};
use pm_model::{StaticModel, sum_exp};

/// Everything that the scores of one search are made from.
pub(super) struct Fusion<'a> {
    pub(super) index: &'a Index,
    pub(super) evidence: &'a Evidence,
    /// Cosines by slot.
    pub(super) statics: Option<&'a [f32]>,
    pub(super) vectors: Option<&'a [f32]>,
    pub(super) weights: Weights,
    calibration: Calibration,
    /// What a sum of BM25, to the power of 5/4, is multiplied with.
    lexical_unit: f64,
}

impl<'a> Fusion<'a> {
    /// `statics` and `vectors` are room for the cosines.
    pub(super) fn new(
        index: &'a Index,
        query: &Query<'_>,
        evidence: &'a Evidence,
        statics: &'a mut Vec<f32>,
        vectors: &'a mut Vec<f32>,
    ) -> Self {
        let prose = Query::prose(query.text);
        let is_readable = Query::is_readable(&prose);
        let model = Some(StaticModel::bundled()).filter(|_| index.layout.statics && is_readable);
        let vector = model.and_then(|model| model.embed(&prose));
        let has_statics = vector.is_some_and(|vector| index.statics.cosines(&vector, statics));
        // What another model can read is its own affair.
        let vector = query.vector.filter(|_| is_readable || !query.is_reference);
        let has_vectors = vector.is_some_and(|vector| index.vectors.cosines(vector, vectors));
        if has_vectors && !query.is_reference {
            standardise(vectors);
        }
        let statics = has_statics.then_some(statics.as_slice());
        let vectors = has_vectors.then_some(vectors.as_slice());
        let (weights, calibration) = match (statics, vectors) {
            (_, Some(_)) => tuning::WITH_VECTORS,
            (Some(_), None) => tuning::WITH_STATICS,
            (None, None) => tuning::WORDS_ALONE,
        };
        // The share `sum / idfs` to the power of 5/4, times the root of `idfs`.
        let lexical_unit = evidence.idfs.max(f64::MIN_POSITIVE).powf(-0.75);
        Self { index, evidence, statics, vectors, weights, calibration, lexical_unit }
    }

    /// The cosines of an item with the query, by static vectors and by the embedder's.
    pub(super) fn cosines(&self, at: u32) -> (f64, f64) {
        let cosine = |cosines: Option<&[f32]>| {
            cosines.and_then(|cosines| cosines.get(at as usize)).map_or(0.0, |cosine| f64::from(*cosine))
        };
        let statics = cosine(self.statics);
        let vector = match self.vectors {
            // What is not embedded yet stands with what its static vector lets expect.
            Some(_) if !self.index.vectors.has(at as usize) => expected_cosine(statics),
            vectors => cosine(vectors),
        };
        (statics, vector)
    }

    pub(super) fn question(&self, is_question: bool) -> f64 {
        if is_question { self.weights.question } else { 0.0 }
    }

    /// The parts of the score of an item.
    pub(super) fn explain(&self, at: u32, slot: &Slot) -> Explain {
        let (index, evidence, weights) = (self.index, self.evidence, &self.weights);
        let sums = evidence.of(at);
        // To the power of 5/4 by roots, which take no time.
        let words = |sum: f64| sum * sum.sqrt().sqrt() * self.lexical_unit;
        let (mut window, mut previous) = (0.0, 0.0);
        if index.sessions.has(at) {
            window = words(sums.window);
            previous = index.sessions.before(at).map_or(0.0, |at| words(evidence.of(at).lexical));
        }
        let (statics, vector) = self.cosines(at);
        Explain {
            lexical: weights.lexical * words(sums.lexical),
            window: weights.window * window,
            previous: weights.previous * previous,
            statics: weights.statics * statics,
            vector: weights.vector * vector,
            name: weights.name * f64::from(sums.named),
            boost: sums.boost,
            question: self.question(slot.is_question),
            importance: importance(slot),
            link: 0.0,
        }
    }

    /// What all items have to say together, and besides them the answer that is not there: the logarithm of the sum of
    /// `exp(score)`.
    pub(super) fn others(&self, candidates: &Candidates<'_>) -> f64 {
        log_sum_exp(self.calibration.nothing, candidates.scores)
    }

    /// The probability that an item with this score answers, where `others` is [`Self::others`] of all scores.
    pub(super) fn scored(&self, explain: Explain, others: f64) -> Scored {
        let score = explain.score();
        let Calibration { intercept, score: own, others: all, .. } = self.calibration;
        let log_odds = intercept + own * score - all * others;
        Scored { score, relevance: 1.0 / (1.0 + (-log_odds).exp()), explain }
    }

    /// Whether an item with this score is found at all: a word or key of the query speaks for it, or it is near enough.
    pub(super) fn is_found(&self, at: u32, score: f64) -> bool {
        if score >= self.calibration.nothing - tuning::UNSAID_BELOW_NOTHING {
            return true;
        }
        let sums = self.evidence.of(at);
        sums.lexical > 0.0 || sums.boost > 0.0
    }
}

/// What the embedder is expected to say of an item of which its static vector says so much. A text that is the same is the
/// same to every model: what was just stored is not behind what resembles it and has its vector.
fn expected_cosine(statics: f64) -> f64 {
    let share = tuning::EXPECTED_COSINE;
    share * statics + (1.0 - share) * statics.max(0.0).powi(tuning::EXPECTED_SAME)
}

pub(super) fn importance(slot: &Slot) -> f64 {
    tuning::IMPORTANCE_WEIGHT * (f64::from(slot.importance) - 0.5)
}

/// Brings the cosines of a model that recall was not fitted to, to the mean and deviation of the one that it was. Those
/// that are exactly 0 belong to items without a vector, and stay.
///
/// Few items tell little of how a model spreads them: mean and variance lean to those of that model, from which
/// [`tuning::REFERENCE_COUNT`] items and more free them.
#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^24 times what matters")]
fn standardise(cosines: &mut [f32]) {
    let known = || cosines.iter().copied().filter(|cosine| *cosine != 0.0);
    let count = known().count().max(1) as f32;
    let prior = tuning::REFERENCE_COUNT / count;
    let leaning = |sum: f32, usual: f32| (sum + prior * usual) / (count + prior);
    let own_mean = known().sum::<f32>() / count;
    let squares = known().map(|cosine| (cosine - own_mean).powi(2)).sum::<f32>();
    let mean = leaning(count * own_mean, tuning::REFERENCE_MEAN);
    let spread = tuning::REFERENCE_DEVIATION / leaning(squares, tuning::REFERENCE_DEVIATION.powi(2)).sqrt();
    for cosine in cosines.iter_mut().filter(|cosine| **cosine != 0.0) {
        *cosine = tuning::REFERENCE_MEAN + (*cosine - mean) * spread;
    }
}

/// `ln(exp(first) + sum of exp(score))`, without overflow.
fn log_sum_exp(first: f64, scores: &[f64]) -> f64 {
    let highest = first.max(largest(scores));
    highest + (sum_exp(&[first], highest) + sum_exp(scores, highest)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_of_any_model_have_the_same_spread() {
        let mut cosines: Vec<f32> = (0_u16..100).map(|n| 0.7 + 0.002 * f32::from(n)).chain([0.0]).collect();
        standardise(&mut cosines);
        let mean = cosines.iter().sum::<f32>() / 100.0;
        assert!((mean - tuning::REFERENCE_MEAN).abs() < 0.01 && cosines[100] == 0.0, "{mean}");
        let spread = cosines[99] - cosines[0];
        assert!(cosines[..100].is_sorted() && spread > 3.0 * tuning::REFERENCE_DEVIATION, "{spread}");
        for (cosine, least, most) in [(0.1, 0.0, 0.2), (0.6, 0.4, 0.6), (0.9, 0.5, 0.9)] {
            let mut lone = vec![cosine];
            standardise(&mut lone);
            assert!((least..most).contains(&lone[0]), "a single item is about what it seems: {lone:?}");
        }
    }

    #[test]
    fn many_scores_as_one() {
        let sum = log_sum_exp(1.0, &[2.0, f64::NEG_INFINITY, 3.0]);
        assert!((sum - (1_f64.exp() + 2_f64.exp() + 3_f64.exp()).ln()).abs() < 1e-12);
        assert!((log_sum_exp(0.0, &[1e6, 1e6]) - 1e6 - 2_f64.ln()).abs() < 1e-9);
        assert!((log_sum_exp(7.0, &[]) - 7.0).abs() < f64::EPSILON);
    }
}
