//! What a search answers.

use crate::Kind;

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
