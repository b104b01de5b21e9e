//! Vectors of bytes, one a slot, one after the other.

use super::interner::reserve_sparingly;
use pm_model::{dots, quantise};

/// How many rows are compared before what came of it is used, while that is in the nearest cache.
const BLOCK: usize = 256;

/// A vector for each slot that has one; the others' rows are zeros, so that all can be compared in one sweep.
#[derive(Default)]
pub(super) struct Rows {
    dimensions: usize,
    bytes: Vec<i8>,
    /// What a byte stands for; 0 where the slot has no vector.
    scales: Vec<f32>,
}

impl Rows {
    /// None yet, of vectors with so many values.
    pub(super) fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Adds the row of the next slot: `None` for a slot without a vector.
    pub(super) fn push(&mut self, row: Option<(&[i8], f32)>) {
        if self.bytes.capacity() - self.bytes.len() < self.dimensions {
            self.bytes.reserve_exact((self.bytes.len() / 8).max(4 * self.dimensions));
        }
        let start = self.bytes.len();
        self.bytes.resize(start + self.dimensions, 0);
        reserve_sparingly(&mut self.scales);
        self.scales.push(0.0);
        if let Some(row) = row {
            self.set(self.scales.len() - 1, row);
        }
    }

    /// Adds the row of the next slot from a vector of length 1.
    pub(super) fn push_vector(&mut self, vector: Option<&[f32]>) {
        self.push(None);
        let start = self.bytes.len() - self.dimensions;
        if let (Some(vector), Some(row), Some(last)) =
            (vector, self.bytes.get_mut(start..), self.scales.last_mut())
        {
            *last = quantise(vector, row);
        }
    }

    /// Gives a slot its vector; `false` if it has not as many values as the others.
    pub(super) fn set(&mut self, slot: usize, (bytes, scale): (&[i8], f32)) -> bool {
        let row = self.bytes.get_mut(slot * self.dimensions..(slot + 1) * self.dimensions);
        if let (Some(row), Some(kept)) = (row, self.scales.get_mut(slot))
            && row.len() == bytes.len()
        {
            row.copy_from_slice(bytes);
            *kept = scale;
            return true;
        }
        false
    }

    /// Whether a slot has a vector.
    pub(super) fn has(&self, slot: usize) -> bool {
        self.scales.get(slot).is_some_and(|scale| *scale > 0.0)
    }

    /// The vector of a slot that has one.
    pub(super) fn get(&self, slot: usize) -> Option<(&[i8], f32)> {
        let scale = self.scales.get(slot).copied().filter(|scale| *scale > 0.0)?;
        Some((self.bytes.get(slot * self.dimensions..(slot + 1) * self.dimensions)?, scale))
    }

    /// `out` becomes the cosine of `vector`, of length 1, with each slot's; 0 for those without. `false` where the lengths
    /// differ.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a dot product of bytes is far below 2^24 times what matters"
    )]
    pub(super) fn cosines(&self, vector: &[f32], out: &mut Vec<f32>) -> bool {
        if vector.len() != self.dimensions || self.dimensions == 0 {
            return false;
        }
        let mut query = vec![0; vector.len()];
        let scale = quantise(vector, &mut query);
        out.clear();
        let mut products = [0; BLOCK];
        for (rows, scales) in self.bytes.chunks(BLOCK * self.dimensions).zip(self.scales.chunks(BLOCK)) {
            dots(&query, rows, &mut products);
            out.extend(products.iter().zip(scales).map(|(product, own)| *product as f32 * scale * own));
        }
        true
    }

    /// The rows of these slots, in this order.
    pub(super) fn only(&self, slots: impl Iterator<Item = usize>) -> Self {
        let mut rows = Self::new(self.dimensions);
        if self.dimensions > 0 {
            slots.for_each(|slot| rows.push(self.get(slot)));
        }
        rows
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.scales.capacity() * size_of::<f32>()
    }
}
