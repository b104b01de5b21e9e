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
    /// Sum of the parts of `explain`, in units of log-odds; comparable within one search only.
    pub score: f64,
    /// The probability that the item answers the query, `0.0..=1.0`; see [`tuning::Calibration`](crate::tuning::Calibration).
    pub relevance: f64,
    /// What the score is made of.
    pub explain: Explain,
}

/// The parts of a score.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Explain {
    pub(crate) lexical: f64,
    pub(crate) window: f64,
    pub(crate) previous: f64,
    pub(crate) statics: f64,
    pub(crate) vector: f64,
    pub(crate) name: f64,
    pub(crate) boost: f64,
    pub(crate) question: f64,
    pub(crate) importance: f64,
    pub(crate) link: f64,
}

impl Explain {
    /// The parts by name, in a fixed order; adding them up in this order gives `Scored::score` exactly.
    ///
    /// `lexical` is BM25, `window` the same over the item with its neighbours in its session, `previous` over the item before
    /// it; `static` and `vector` are the cosines of the two models, `name` terms of the query in the item's metadata, `boost`
    /// exact keys and identifiers, `question` what an item loses for asking itself, `importance` is negative below 0.5,
    /// `link` is what an item gains for being tied to one that was found.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, f64)> {
        [
            ("lexical", self.lexical),
            ("window", self.window),
            ("previous", self.previous),
            ("static", self.statics),
            ("vector", self.vector),
            ("name", self.name),
            ("boost", self.boost),
            ("question", self.question),
            ("importance", self.importance),
            ("link", self.link),
        ]
        .into_iter()
    }

    /// Their sum.
    pub(crate) fn score(&self) -> f64 {
        self.parts().map(|(_, part)| part).sum()
    }
}

/// The probability that at least one of `hits` answers the query, `0.0..=1.0`; 0 for none.
///
/// From the relevances as if they were independent, then set right by [`tuning::CONFIDENCE`]. What came along with
/// another item says nothing of its own.
pub fn confidence<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> f64 {
    let own =
        hits.into_iter().filter_map(|hit| hit.scored.as_ref()).filter(|scored| scored.explain.link <= 0.0);
    let none: f64 = own.map(|scored| 1.0 - scored.relevance).product();
    if none >= 1.0 {
        return 0.0;
    }
    let log_odds = ((1.0 - none) / none.max(f64::MIN_POSITIVE)).ln();
    let (intercept, slope) = tuning::CONFIDENCE;
    1.0 / (1.0 + (-(intercept + slope * log_odds)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(relevance: f64, link: f64) -> Hit {
        let explain = Explain { link, ..Explain::default() };
        let scored = Some(Scored { score: 0.0, relevance, explain });
        Hit { kind: Kind::new(0).unwrap(), key: String::new(), timestamp: 0, scored }
    }

    #[test]
    fn confidence_grows_with_what_speaks_for_it() {
        let one = confidence(&[hit(0.5, 0.0)]);
        assert!(confidence(&[]).abs() < f64::EPSILON && confidence(&[hit(0.0, 0.0)]).abs() < f64::EPSILON);
        assert!(one > 0.4 && one < 0.7);
        assert!(confidence(&[hit(0.5, 0.0), hit(0.5, 0.0)]) > one);
        assert!((confidence(&[hit(0.5, 0.0), hit(0.5, 1.0)]) - one).abs() < f64::EPSILON);
        assert!(confidence(&[hit(1.0, 0.0)]) > 0.999);
    }
}
