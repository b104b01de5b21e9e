//! BM25, as Lucene computes it.

use crate::tuning::{BM25_B, BM25_K1};

/// Inverse document frequency of a term that `document_frequency` of `documents` items hold.
///
/// `ln(1 + (N - df + 0.5) / (df + 0.5))`: Robertson and Spärck Jones's weight in the form of Lucene's
/// `BM25Similarity`, which is never negative, also for a term that most items hold.
#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^52")]
pub(crate) fn idf(documents: usize, document_frequency: u32) -> f64 {
    let frequency = f64::from(document_frequency);
    (1.0 + (documents as f64 - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
}

/// How lengths of items discount their term frequencies.
pub(crate) struct LengthNorm {
    per_token: f64,
}

impl LengthNorm {
    /// For an index of `documents` items that hold `tokens` tokens together.
    #[expect(clippy::cast_precision_loss, reason = "counts of items and tokens are far below 2^52")]
    pub(crate) fn new(documents: usize, tokens: u64) -> Self {
        let average = tokens as f64 / documents.max(1) as f64;
        Self { per_token: if average > 0.0 { BM25_K1 * BM25_B / average } else { 0.0 } }
    }

    /// `tf (k1 + 1) / (tf + k1 (1 - b + b length / average length))`: what a term's idf is multiplied with.
    pub(crate) fn saturation(&self, term_frequency: u16, length: u32) -> f64 {
        let frequency = f64::from(term_frequency);
        frequency * (BM25_K1 + 1.0)
            / (frequency + BM25_K1 * (1.0 - BM25_B) + self.per_token * f64::from(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idf_falls_with_frequency_and_stays_positive() {
        let idfs = [1, 2, 10, 99, 100].map(|frequency| idf(100, frequency));
        assert!(idfs.is_sorted_by(|a, b| a > b) && idfs.iter().all(|idf| *idf > 0.0));
        assert!((idf(1, 1) - (4.0_f64 / 3.0).ln()).abs() < 1e-12);
    }

    #[test]
    fn saturation_grows_with_frequency_and_falls_with_length() {
        let norm = LengthNorm::new(10, 100);
        assert!((norm.saturation(1, 10) - 1.0).abs() < 1e-12);
        assert!(norm.saturation(2, 10) > norm.saturation(1, 10));
        assert!(norm.saturation(1, 20) < norm.saturation(1, 10));
        assert!(norm.saturation(u16::MAX, 10) < BM25_K1 + 1.0);
    }
}
