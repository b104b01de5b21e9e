//! The room that a search works in.

use super::evidence::Evidence;
use super::lexical;

/// The room that a search needs, to be used again: one serves indexes of any size, one search at a time. It grows to
/// between 24 and 46 bytes for each item of the largest index that it served.
#[derive(Default)]
pub struct Scratch {
    pub(super) evidence: Evidence,
    pub(super) lexical: lexical::Room,
    /// Cosines by slot.
    pub(super) statics: Vec<f32>,
    pub(super) vectors: Vec<f32>,
    /// By slot.
    pub(super) scores: Vec<f64>,
}

impl Scratch {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that it takes now.
    pub fn memory_bytes(&self) -> usize {
        let cosines = self.statics.capacity() + self.vectors.capacity();
        let scores = self.scores.capacity() * size_of::<f64>();
        self.evidence.memory_bytes() + self.lexical.memory_bytes() + cosines * size_of::<f32>() + scores
    }
}
