//! From evidence to one score, and from scores to probabilities.

use super::candidates::{Candidates, largest};
use super::rows::Compared;
use super::{Index, evidence::Evidence, slots::Slot};
use crate::hit::{Explain, Scored};
use crate::query::Query;
use crate::tuning::{self, Calibration, Weights};
use pm_model::{StaticModel, sum_exp};

/// Everything that the scores of one search are made from.
pub(super) struct Fusion<'a> {
    pub(super) index: &'a Index,
    pub(super) evidence: &'a Evidence,
    pub(super) statics: Option<Compared<'a>>,
    pub(super) vectors: Option<Compared<'a>>,
    pub(super) weights: Weights,
    calibration: Calibration,
    /// What a sum of BM25, to the power of 5/4, is multiplied with.
    pub(super) lexical_unit: f64,
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
        // What another model can read is its own affair.
        let vector = query.vector.filter(|_| is_readable || !query.is_reference);
        let mut vectors = vector.and_then(|vector| index.vectors.compared(vector, vectors));
        if let Some(vectors) = vectors.as_mut().filter(|_| !query.is_reference) {
            vectors.move_to(to_reference(vectors.cosines()));
        }
        // Where all have vectors by the embedder, nothing is asked of the others.
        let model = model.filter(|_| vectors.is_none() || index.vectors.missing().next().is_some());
        let vector = model.and_then(|model| model.embed(&prose));
        let statics = vector.and_then(|vector| index.statics.compared(&vector, statics));
        let (weights, calibration) = match (&statics, &vectors) {
            (_, Some(_)) => tuning::WITH_VECTORS,
            (Some(_), None) => tuning::WITH_STATICS,
            (None, None) => tuning::WORDS_ALONE,
        };
        // The share `sum / idfs` to the power of 5/4, times the root of `idfs`.
        let lexical_unit = evidence.idfs.max(f64::MIN_POSITIVE).powf(-0.75);
        Self { index, evidence, statics, vectors, weights, calibration, lexical_unit }
    }

    /// The cosines of an item with the query that count, by static vectors and by the embedder's.
    fn cosines(&self, at: u32) -> (f64, f64) {
        let exact = |compared: &Option<Compared<'_>>| {
            compared.as_ref().map_or(0.0, |compared| f64::from(compared.exact(at as usize)))
        };
        match self.vectors {
            None => (exact(&self.statics), 0.0),
            Some(_) if self.index.vectors.has(at as usize) => (0.0, exact(&self.vectors)),
            // What is not embedded yet stands with what its static vector lets expect.
            Some(_) => (0.0, expected_cosine(exact(&self.statics))),
        }
    }

    pub(super) fn question(&self, is_question: bool) -> f64 {
        if is_question { self.weights.question } else { 0.0 }
    }

    /// The parts of the score of an item.
    pub(super) fn explain(&self, at: u32, slot: &Slot) -> Explain {
        let (index, evidence, weights) = (self.index, self.evidence, &self.weights);
        let sums = evidence.of(at);
        let words = |sum: f64| by_share(sum) * self.lexical_unit;
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

/// A sum of BM25 to the power of 5/4, by roots, which take little time.
pub(super) fn by_share(sum: f64) -> f64 {
    sum * sum.sqrt().sqrt()
}

/// What the embedder is expected to say of an item of which its static vector says so much. A text that is the same is the
/// same to every model: what was just stored is not behind what resembles it and has its vector.
pub(super) fn expected_cosine(statics: f64) -> f64 {
    let share = tuning::EXPECTED_COSINE;
    share * statics + (1.0 - share) * statics.max(0.0).powi(tuning::EXPECTED_SAME)
}

pub(super) fn importance(slot: &Slot) -> f64 {
    tuning::IMPORTANCE_WEIGHT * (f64::from(slot.importance) - 0.5)
}

/// What brings the cosines of a model that recall was not fitted to, to the mean and deviation of the one that it was: what they
/// are multiplied with, and what is added. Those that are exactly 0 belong to items without a vector, and do not count.
///
/// Few items tell little of how a model spreads them: mean and variance lean to those of that model, from which
/// [`tuning::REFERENCE_COUNT`] items and more free them.
#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^24 times what matters")]
fn to_reference(cosines: &[f32]) -> (f32, f32) {
    let known = || cosines.iter().copied().filter(|cosine| *cosine != 0.0);
    let count = known().count().max(1) as f32;
    let prior = tuning::REFERENCE_COUNT / count;
    let leaning = |sum: f32, usual: f32| (sum + prior * usual) / (count + prior);
    let own_mean = known().sum::<f32>() / count;
    let squares = known().map(|cosine| (cosine - own_mean).powi(2)).sum::<f32>();
    let mean = leaning(count * own_mean, tuning::REFERENCE_MEAN);
    let spread = tuning::REFERENCE_DEVIATION / leaning(squares, tuning::REFERENCE_DEVIATION.powi(2)).sqrt();
    (spread, tuning::REFERENCE_MEAN - mean * spread)
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
        let cosines: Vec<f32> = (0_u16..100).map(|n| 0.7 + 0.002 * f32::from(n)).collect();
        let (factor, added) = to_reference(&[cosines.as_slice(), &[0.0]].concat());
        let mean = cosines.iter().map(|cosine| cosine * factor + added).sum::<f32>() / 100.0;
        assert!((mean - tuning::REFERENCE_MEAN).abs() < 0.01, "{mean}");
        let spread = (cosines[99] - cosines[0]) * factor;
        assert!(spread > 3.0 * tuning::REFERENCE_DEVIATION, "{spread}");
        for (cosine, least, most) in [(0.1, 0.0, 0.2), (0.6, 0.4, 0.6), (0.9, 0.5, 0.9)] {
            let (factor, added) = to_reference(&[cosine]);
            let lone = cosine * factor + added;
            assert!((least..most).contains(&lone), "a single item is about what it seems: {lone}");
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
