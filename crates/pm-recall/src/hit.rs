//! What a search answers.

use crate::{Kind, tuning};

/// An item that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Type of the item.
    pub kind: Kind,
    /// Its key.
    pub key: String,
    /// Its timestamp, in microseconds since the Unix epoch.
    pub timestamp: i64,
    /// How well it matches; `None` for a blank query, which lists the newest items.
    pub scored: Option<Scored>,
}

/// How well an item matches a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Sum of the parts of `explain`, positive; comparable within one search only.
    pub score: f64,
    /// The score squashed to `0.0..1.0`: `score / (score + tuning::RELEVANCE_HALF)`. It grows with the score, but it
    /// is not calibrated yet: it is not the probability that the item answers the query.
    pub relevance: f64,
    /// What the score is made of.
    pub explain: Explain,
}

impl Scored {
    pub(crate) fn new(explain: Explain) -> Self {
        let score = explain.parts().map(|(_, part)| part).sum();
        Self { score, relevance: relevance(score), explain }
    }
}

/// The parts of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    pub(crate) lexical: f64,
    pub(crate) boost: f64,
    pub(crate) importance: f64,
}

impl Explain {
    /// The parts by name, in a fixed order: `lexical` (BM25), `boost` (exact key and identifiers) and `importance`
    /// (negative below 0.5). Adding them up in this order gives `Scored::score` exactly.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, f64)> {
        [("lexical", self.lexical), ("boost", self.boost), ("importance", self.importance)].into_iter()
    }
}

/// The squash of a score; see [`Scored::relevance`].
fn relevance(score: f64) -> f64 {
    let score = score.max(0.0);
    score / (score + tuning::RELEVANCE_HALF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relevance_grows_with_the_score_and_stays_within_bounds() {
        let relevances = [0.0, 0.1, 1.0, 10.0, 1e6].map(relevance);
        assert!(relevances.is_sorted_by(|a, b| a < b));
        assert!(relevances.iter().all(|relevance| (0.0..1.0).contains(relevance)));
        assert!((relevance(tuning::RELEVANCE_HALF) - 0.5).abs() < f64::EPSILON);
    }
}
