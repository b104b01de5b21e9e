//! The room that a search works in.

use super::evidence::Evidence;
use super::lexical;

/// The room that a search needs, to be used again: one serves indexes of any size, one search at a time. It grows to about
/// 60 bytes for each item of the largest index that it served.
#[derive(Default)]
pub struct Scratch {
    pub(super) evidence: Evidence,
    pub(super) lexical: lexical::Room,
    /// Cosines by slot.
    pub(super) statics: Vec<f32>,
    pub(super) vectors: Vec<f32>,
    /// One for each candidate.
    pub(super) scores: Vec<f64>,
}

impl Scratch {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }
}
