//! Every constant of the ranking, with its source or reason.
//!
//! They were set coarsely on three sets (long conversations, Python functions, compiler errors), where a difference
//! under about one point of R@10 is noise; finer values would not carry to other data.

/// BM25: how soon another occurrence of a term stops counting. Robertson and Zaragoza, "The Probabilistic Relevance
/// Framework: BM25 and Beyond" (2009), give 1.2 to 2; Lucene's default.
pub const BM25_K1: f64 = 1.2;

/// BM25: how much a long item is discounted, 0 (not) to 1 (fully). Lucene's default is 0.75; here every item has the words
/// of its type and date, which already keep a short one from being all too short. From 0.6 over 0.75 and 0.9 to 1, code
/// and errors gain or stay, most of all by static vectors, and conversations stay.
pub const BM25_B: f64 = 1.0;

/// How many items before and after an item, of its session, its window holds. Two: measured on long conversations, where
/// one finds less and three blur.
pub const WINDOW_REACH: usize = 2;

/// What an item gains for holding an identifier of the query whole, in units of that identifier's idf. Fitted with
/// [`WORDS_ALONE`] and held for all.
pub const IDENTIFIER_BOOST: f64 = 0.2;

/// The most that the identifiers of a query bring an item together: about what a strong match in words brings.
pub const IDENTIFIER_BOOST_MOST: f64 = 3.0;

/// What an item gains for holding all terms of a query that is one word or identifier: what a difference of 0.27 in cosine
/// brings, which is about the most that lies between texts of one project that have nothing to do with a made-up name.
pub const LOOKUP_BOOST: f64 = 4.0;

/// What an item gains when the query carries its exact key, in units of the idf of each word of the key.
pub const KEY_BOOST: f64 = 0.3;

/// What it gains besides for a key of two words and more, which nobody writes by chance.
pub const KEY_BOOST_FLOOR: f64 = 2.0;

/// What an item gains when the query *is* its key: more than all other parts can bring together (each is bounded: words
/// by about 2.7 times the square root of the query's idfs, vectors by their weights).
pub const WHOLE_KEY_BOOST: f64 = 40.0;

/// The same for each unit of the query's idfs, since what words bring grows with those.
pub const WHOLE_KEY_BOOST_PER_IDF: f64 = 2.0;

/// How far importance moves a score from importance 0 to 1: plus or minus 0.2 is about what a cosine of 0.02 brings, so
/// that it decides only between items that match about equally well.
pub const IMPORTANCE_WEIGHT: f64 = 0.4;

/// From this idf on a name of the query counts fully: that of a name which half of the items carry.
pub const NAME_IDF: f64 = std::f64::consts::LN_2;

/// Longest text, in bytes, that a vector is made of: about four times what the models read of English text.
pub const PASSAGE_BYTES: usize = 4096;

/// Longest text, in bytes, that is compared with another to tell how much alike they are: 20 comparisons of such texts
/// stay within some tens of milliseconds, and hardly an item is longer.
pub const SIMILARITY_BYTES: usize = 16 * 1024;

/// Longest term, in characters. What is longer (base64, hashes, encoded keys) is cut and its digest is appended, so
/// that it still matches itself and nothing else.
pub const MAX_TERM_CHARS: usize = 64;

/// Longest run of text, in bytes, that is still taken apart as an identifier or path; what is longer (base64) is kept
/// whole only. The longest file names of the usual systems are 255 bytes.
pub const MAX_IDENTIFIER_BYTES: usize = 256;

/// Longest key, in words, that is looked for inside of a query. A longer key is still found when the query equals it.
pub const MAX_KEY_PHRASE_WORDS: usize = 32;

/// The index is compacted once it has more dead slots than this, ...
pub const COMPACT_DEAD_MIN: usize = 64;

/// ... and more than one in this many slots is dead: each removal then pays for moving at most this many items.
pub const COMPACT_DEAD_SHARE: usize = 4;

/// The cosine by the embedder that an item is expected to have, as a share of that of its static vector, until it has one.
pub const EXPECTED_COSINE: f64 = 0.75;

/// How soon that share grows to all of it towards a cosine of 1: at 0.8 it is 0.85, at 0.9 it is 0.91. A text that is the
/// same is the same to every model.
pub const EXPECTED_SAME: i32 = 5;

/// Mean and standard deviation of the cosines between a query and all items by the model that recall was fitted to:
/// measured, mean over the queries of the development sets.
pub const REFERENCE_MEAN: f32 = 0.24;
/// See [`REFERENCE_MEAN`].
pub const REFERENCE_DEVIATION: f32 = 0.10;
/// How many items of a project it takes until they say as much of the spread of a model's cosines as these two do.
pub const REFERENCE_COUNT: f32 = 8.0;

/// An item that no word of the query speaks for is found only if its score is at most so much below
/// [`Calibration::nothing`]: a cosine of 0.44 by the transformer, of 0.52 by static vectors alone. Of the right items that
/// are found in the development sets four say no word of the question, and all of them are above it.
pub const UNSAID_BELOW_NOTHING: f64 = 1.5;

/// From so many items on, a search reads the upper halves of their vectors' bytes, and the lower ones of those alone that may
/// be among the best. Fewer fit into the caches, and to score the best once more takes longer than to read all of them.
pub const COARSE_FROM: usize = 4096;

/// How many deviations of what the lower halves may say such a cosine is taken to be off at most. The error is a sum of
/// hundreds of small ones, so nearly normal: beyond 4 deviations is one in 16,000, and what is lost then stands at the end of
/// what is found.
pub const COARSE_SURE: f32 = 4.0;

/// How much each part of a score counts, in units of log-odds.
///
/// Lexical parts are `x^1.25 sqrt(idfs)`, where `idfs` is the sum of the query's idfs and `x` BM25 over it, the share of the
/// query that an item says: the root is comparable between short questions and long error messages, and by the power an
/// item that says all of a question counts more than two that say half of it. Cosines are as they are.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// Of BM25 over the item.
    pub lexical: f64,
    /// Of BM25 over the item with its neighbours of the same session.
    pub window: f64,
    /// Of BM25 over the item before it in the session: an answer stands behind its question.
    pub previous: f64,
    /// Of the cosine of static vectors.
    pub statics: f64,
    /// Of the cosine of the embedder's vectors.
    pub vector: f64,
    /// Of a term of the query that stands in the item's metadata.
    pub name: f64,
    /// Of being a question oneself; negative.
    pub question: f64,
}

/// From scores to the probability that an item answers:
/// `logistic(intercept + score x a - log(exp(nothing) + sum of exp(score) of all items) x b)`.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    /// Log-odds where the rest is 0.
    pub intercept: f64,
    /// Of the item's own score.
    pub score: f64,
    /// Of the logarithm of the sum of `exp(score)` over all items that pass the filters.
    pub others: f64,
    /// What the answer scores that is not there: without it, the best of three items that have nothing to do with the
    /// question would be as sure as the best of thousands that have.
    pub nothing: f64,
}

/// What is in force while an embedder gives vectors. Fitted, as the two below, by `docs/recall/fit.py` on the three
/// development sets together, each counting the same.
///
/// The cosine of static vectors has no part in it: fitted again without, held-out queries find as much as with it. It stands
/// in only for the vector that an item does not have yet.
pub const WITH_VECTORS: (Weights, Calibration) = (
    Weights {
        lexical: 0.88,
        window: 0.95,
        previous: 0.63,
        statics: 0.0,
        vector: 14.9,
        name: 1.55,
        question: -1.35,
    },
    Calibration { intercept: -1.87, score: 1.1, others: 0.976, nothing: 8.0 },
);

/// With static vectors alone.
pub const WITH_STATICS: (Weights, Calibration) = (
    Weights {
        lexical: 1.29,
        window: 0.87,
        previous: 0.77,
        statics: 8.7,
        vector: 0.0,
        name: 2.35,
        question: -0.89,
    },
    Calibration { intercept: -1.59, score: 1.061, others: 0.94, nothing: 6.0 },
);

/// With words alone.
pub const WORDS_ALONE: (Weights, Calibration) = (
    Weights {
        lexical: 1.68,
        window: 0.88,
        previous: 0.84,
        statics: 0.0,
        vector: 0.0,
        name: 3.1,
        question: -1.01,
    },
    Calibration { intercept: -1.29, score: 1.002, others: 0.879, nothing: 2.0 },
);

/// From the log-odds that at least one of several items is right, were they independent, to those that are seen: what is
/// added, and what they are multiplied with. Fitted like the rest.
pub const CONFIDENCE: (f64, f64) = (0.25, 1.1);
