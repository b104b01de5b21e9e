//! What is asked.

use pm_model::StaticModel;

use crate::{KindSet, document};

/// A question to an index. Filters apply before ranking: an item that they refuse takes no place of another.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What is looked for. Blank (empty or white space) = the newest items, not scored.
    pub text: &'a str,
    /// The vector that the embedder makes of [`Query::prose`], of length 1; `None` = recall does without.
    pub vector: Option<&'a [f32]>,
    /// Whether that vector is by the model that recall was fitted to; cosines of another are brought to the same spread.
    pub is_reference: bool,
    /// Only items of these kinds.
    pub kinds: KindSet,
    /// Only items of this session.
    pub session: Option<&'a str>,
    /// Only items at or after this time, in microseconds since the Unix epoch (inclusive).
    pub since: Option<i64>,
    /// Only items before this time, in microseconds since the Unix epoch (exclusive).
    pub until: Option<i64>,
    /// The time of asking, in microseconds since the Unix epoch: an item whose `expires_at` is not after it is invisible.
    pub now: i64,
    /// At most so many hits.
    pub limit: usize,
    /// Only items whose [`relevance`](crate::Scored::relevance) is at least this; a blank query ignores it.
    pub min_relevance: Option<f64>,
}

impl<'a> Query<'a> {
    /// `text` among all items, asked at `now` for at most `limit` hits: no filter, and no vector.
    pub fn unfiltered(text: &'a str, now: i64, limit: usize) -> Self {
        Self {
            text,
            vector: None,
            is_reference: false,
            kinds: KindSet::ALL,
            session: None,
            since: None,
            until: None,
            now,
            limit,
            min_relevance: None,
        }
    }

    /// `text` as an embedder should get it: written like the passages of items.
    pub fn prose(text: &str) -> String {
        document::prose(text)
    }

    /// Whether the model that recall was fitted to can read any word of `prose`. Of what it cannot, such as a digest or
    /// another script, recall compares the words alone: there the vector of that model is not needed.
    pub fn is_readable(prose: &str) -> bool {
        StaticModel::bundled().tokenizer().reads(prose)
    }
}
