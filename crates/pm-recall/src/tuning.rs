//! Every constant of the ranking, with its source or reason.
//!
//! They were set coarsely on three sets (long conversations, Python functions, compiler errors), where a difference
//! under about one point of R@10 is noise; finer values would not carry to other data.

/// BM25: how soon another occurrence of a term stops counting. Robertson and Zaragoza, "The Probabilistic Relevance
/// Framework: BM25 and Beyond" (2009), give 1.2 to 2; Lucene's default.
pub const BM25_K1: f64 = 1.2;

/// BM25: how much a long item is discounted, 0 (not) to 1 (fully). Lucene's default. With k1 0.9 and b 0.4
/// conversations gain a point and code loses two or three.
pub const BM25_B: f64 = 0.75;

/// What an item gains for holding an identifier of the query whole, in units of that identifier's idf. The whole form
/// scores as a term of its own besides its parts already, so that half an idf more is enough to lead.
pub const IDENTIFIER_BOOST: f64 = 0.5;

/// What an item gains when the query carries its exact key, in units of the idf of each word of the key: about what
/// one more occurrence of the key's words would bring at most.
pub const KEY_BOOST: f64 = 1.0;

/// What an item gains when the query *is* its key, in units of the idf of each token of the query. It exceeds what any
/// other item can reach: k1 + 1 from BM25, `IDENTIFIER_BOOST`, `KEY_BOOST`, and the importance of both.
pub const WHOLE_KEY_BOOST: f64 = 4.5;

/// What an item gains at least when the query is its key, so that a key made of stop words only is found as well.
pub const WHOLE_KEY_FLOOR: f64 = 1.0;

/// How far importance moves a score, as a share of it from importance 0 to 1: 0.1 is plus or minus 5 %, so that it
/// decides only between items that match about equally well.
pub const IMPORTANCE_WEIGHT: f64 = 0.1;

/// The score whose relevance is 0.5: about the BM25 score of an item that matches two or three telling terms.
pub const RELEVANCE_HALF: f64 = 10.0;

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
