//! Vectors of bytes, one a slot, one after the other.

use super::interner::reserve_sparingly;
use crate::tuning::{COARSE_FROM, COARSE_SURE};
use pm_model::{dot_u4, dots_u4, quantise};

/// How many rows are compared before what came of it is used, while that is in the nearest cache.
const BLOCK: usize = 256;

/// The deviation of a whole number from 0 to 15, each as likely: what a lower half may say.
const LOWER_DEVIATION: f32 = 4.61;

/// A vector for each slot that has one; the others' rows are zeros, so that all can be compared in one sweep.
///
/// Its bytes are kept as halves of 4 bits in two arrays. The upper halves alone say what a cosine is to within about 0.006,
/// and what a search takes among many items is to read memory: so it reads those of all, and the lower ones of few.
#[derive(Default)]
pub(super) struct Rows {
    dimensions: usize,
    /// Two values a byte, as [`dots_u4`] wants them. A value is its byte plus 128, from 1 to 255.
    upper: Vec<u8>,
    lower: Vec<u8>,
    /// What a byte stands for; 0 where the slot has no vector.
    scales: Vec<f32>,
    /// How many slots have none.
    missing: usize,
}

impl Rows {
    /// None yet, of vectors with so many values.
    pub(super) fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many bytes the upper or the lower halves of a row take.
    fn width(&self) -> usize {
        self.dimensions.div_ceil(2)
    }

    /// Adds the row of the next slot: `None` for a slot without a vector.
    pub(super) fn push(&mut self, row: Option<(&[i8], f32)>) {
        let width = self.width();
        for halves in [&mut self.upper, &mut self.lower] {
            if halves.capacity() - halves.len() < width {
                halves.reserve_exact((halves.len() / 8).max(4 * width));
            }
            halves.resize(halves.len() + width, 0);
        }
        reserve_sparingly(&mut self.scales);
        self.scales.push(0.0);
        self.missing += 1;
        if let Some(row) = row {
            self.set(self.scales.len() - 1, row);
        }
    }

    /// Adds the row of the next slot from a vector of length 1.
    pub(super) fn push_vector(&mut self, vector: Option<&[f32]>) {
        let Some(vector) = vector.filter(|vector| vector.len() == self.dimensions) else {
            return self.push(None);
        };
        let mut bytes = vec![0; self.dimensions];
        let scale = quantise(vector, &mut bytes);
        self.push(Some((&bytes, scale)));
    }

    /// Gives a slot its vector; `false` if it has not as many values as the others.
    pub(super) fn set(&mut self, slot: usize, (bytes, scale): (&[i8], f32)) -> bool {
        let (width, dimensions) = (self.width(), self.dimensions);
        let place = slot * width..(slot + 1) * width;
        let (Some(upper), Some(lower)) = (self.upper.get_mut(place.clone()), self.lower.get_mut(place))
        else {
            return false;
        };
        let Some(kept) = self.scales.get_mut(slot).filter(|_| bytes.len() == dimensions) else {
            return false;
        };
        let value = |byte: Option<&i8>| byte.map_or(128, |byte| byte.cast_unsigned() ^ 128);
        let (first, second) = bytes.split_at(width);
        for ((at, first), (upper, lower)) in first.iter().enumerate().zip(upper.iter_mut().zip(lower)) {
            let (first, second) = (value(Some(first)), value(second.get(at)));
            *upper = first >> 4 | second & 0xf0;
            *lower = first & 0x0f | second << 4;
        }
        match (*kept > 0.0, scale > 0.0) {
            (false, true) => self.missing -= 1,
            (true, false) => self.missing += 1,
            _ => {}
        }
        *kept = scale;
        true
    }

    /// Whether a slot has a vector.
    pub(super) fn has(&self, slot: usize) -> bool {
        self.scales.get(slot).is_some_and(|scale| *scale > 0.0)
    }

    /// The slots without a vector.
    pub(super) fn missing(&self) -> impl Iterator<Item = u32> {
        // Most often there is none, and nothing to look through.
        let scales = if self.missing > 0 { self.scales.as_slice() } else { &[] };
        (0..).zip(scales).filter(|(_, scale)| **scale <= 0.0).map(|(slot, _)| slot)
    }

    /// The vector of a slot that has one.
    pub(super) fn get(&self, slot: usize) -> Option<(Vec<i8>, f32)> {
        let scale = self.scales.get(slot).copied().filter(|scale| *scale > 0.0)?;
        let (upper, lower) = self.halves(slot)?;
        let first = upper.iter().zip(lower).map(|(upper, lower)| upper << 4 | lower & 0x0f);
        let second = upper.iter().zip(lower).map(|(upper, lower)| upper & 0xf0 | lower >> 4);
        let bytes = first.chain(second).map(|value| (value ^ 128).cast_signed());
        Some((bytes.take(self.dimensions).collect(), scale))
    }

    fn halves(&self, slot: usize) -> Option<(&[u8], &[u8])> {
        let place = slot * self.width()..(slot + 1) * self.width();
        Some((self.upper.get(place.clone())?, self.lower.get(place)?))
    }

    /// Compares `vector`, of length 1, with each slot's; `cosines` is room for what comes of it. `None` where the lengths
    /// differ.
    pub(super) fn compared<'a>(&'a self, vector: &[f32], cosines: &'a mut Vec<f32>) -> Option<Compared<'a>> {
        if vector.len() != self.dimensions || self.dimensions == 0 {
            return None;
        }
        let mut query = vec![0; 2 * self.width()];
        let scale = quantise(vector, query.get_mut(..vector.len()).unwrap_or_default());
        let sum = query.iter().map(|value| i32::from(*value)).sum();
        let is_coarse = self.scales.len() >= COARSE_FROM;
        let target = Target { query, scale, sum };
        let mut largest = 0.0_f32;
        cosines.clear();
        let (mut uppers, mut lowers) = ([0; BLOCK], [0; BLOCK]);
        let size = BLOCK * self.width();
        let halves = self.upper.chunks(size).zip(self.lower.chunks(size));
        for ((upper, lower), scales) in halves.zip(self.scales.chunks(BLOCK)) {
            dots_u4(&target.query, upper, &mut uppers);
            if is_coarse {
                largest = scales.iter().fold(largest, |largest, own| largest.max(*own));
                cosines.extend(uppers.iter().zip(scales).map(|(upper, own)| target.coarse(*upper) * own));
            } else {
                dots_u4(&target.query, lower, &mut lowers);
                let products = uppers.iter().zip(&lowers);
                cosines.extend(
                    products.zip(scales).map(|((upper, lower), own)| target.exact(*upper, *lower) * own),
                );
            }
        }
        // The query has length 1, so the squares of its bytes add up to 1 over the square of its scale.
        let off = if is_coarse { COARSE_SURE * LOWER_DEVIATION * largest } else { 0.0 };
        Some(Compared { rows: self, target, cosines, off, usual: None })
    }

    /// The rows of these slots, in this order.
    pub(super) fn only(&self, slots: impl Iterator<Item = usize>) -> Self {
        let mut rows = Self::new(self.dimensions);
        if self.dimensions > 0 {
            slots.for_each(|slot| {
                let row = self.get(slot);
                rows.push(row.as_ref().map(|(bytes, scale)| (bytes.as_slice(), *scale)));
            });
        }
        rows
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.upper.capacity() + self.lower.capacity() + self.scales.capacity() * size_of::<f32>()
    }
}

/// The vector that all are compared with.
struct Target {
    /// Its bytes, an even number of them.
    query: Vec<i8>,
    scale: f32,
    /// The sum of the bytes: how often the 128 has been counted that values have too much.
    sum: i32,
}

#[expect(clippy::cast_precision_loss, reason = "a dot product of bytes is far below 2^24 times what matters")]
impl Target {
    /// The cosine for each unit of a row's scale, from the products with both halves of its bytes.
    fn exact(&self, upper: i32, lower: i32) -> f32 {
        (16 * upper + lower - 128 * self.sum) as f32 * self.scale
    }

    /// The same from the upper halves: as if each lower one were between 7 and 8, the middle of what it may be.
    fn coarse(&self, upper: i32) -> f32 {
        (32 * upper - 241 * self.sum) as f32 * (self.scale / 2.0)
    }
}

/// One vector compared with all.
pub(super) struct Compared<'a> {
    rows: &'a Rows,
    target: Target,
    /// By slot; 0 for those without a vector.
    cosines: &'a mut Vec<f32>,
    /// How far any of them may be off: 0 where they are exact.
    off: f32,
    /// What makes of each cosine one of the model that recall was fitted to: what it is multiplied with, and what is added.
    usual: Option<(f32, f32)>,
}

impl Compared<'_> {
    /// The cosines by slot, each within [`Self::off`] of the exact one; 0 for slots without a vector.
    pub(super) fn cosines(&self) -> &[f32] {
        self.cosines
    }

    /// How far cosines may be off.
    pub(super) fn off(&self) -> f64 {
        f64::from(self.off)
    }

    /// Has all cosines multiplied and added to, but for slots without a vector.
    pub(super) fn move_to(&mut self, (factor, added): (f32, f32)) {
        for cosine in self.cosines.iter_mut().filter(|cosine| **cosine != 0.0) {
            *cosine = *cosine * factor + added;
        }
        self.off *= factor;
        self.usual = Some((factor, added));
    }

    /// The exact cosine of a slot; 0 without a vector.
    pub(super) fn exact(&self, slot: usize) -> f32 {
        if self.off <= 0.0 {
            return self.cosines.get(slot).copied().unwrap_or(0.0);
        }
        let scale = self.rows.scales.get(slot).copied().unwrap_or(0.0);
        let Some((upper, lower)) = self.rows.halves(slot).filter(|_| scale > 0.0) else { return 0.0 };
        let product = |row: &[u8]| dot_u4(&self.target.query, row);
        let cosine = self.target.exact(product(upper), product(lower)) * scale;
        match self.usual {
            Some((factor, added)) if cosine != 0.0 => cosine * factor + added,
            _ => cosine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn unit(values: &[f32]) -> Vec<f32> {
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        values.iter().map(|value| value / length).collect()
    }

    proptest! {
        #[test]
        fn a_row_comes_back_and_its_cosine_is_that_of_its_bytes(
            (rows, query) in (1_usize..80).prop_flat_map(|width| {
                (vec(vec(any::<i8>().prop_map(|byte| byte.max(-127)), width), 1..9), vec(-1.0_f32..1.0, width))
            }),
        ) {
            let mut kept = Rows::new(query.len());
            for (at, row) in rows.iter().enumerate() {
                kept.push((at % 3 > 0).then_some((row.as_slice(), 0.01)));
            }
            let query = unit(&query);
            let mut bytes = vec![0; query.len()];
            let scale = quantise(&query, &mut bytes);
            let mut room = Vec::new();
            let compared = kept.compared(&query, &mut room).unwrap();
            for (at, row) in rows.iter().enumerate() {
                let there = at % 3 > 0;
                prop_assert_eq!(kept.get(at), there.then(|| (row.clone(), 0.01)));
                let product: i32 = row.iter().zip(&bytes).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let wanted = if there { product as f32 * scale * 0.01 } else { 0.0 };
                prop_assert!((compared.exact(at) - wanted).abs() < 1e-5);
                prop_assert!((compared.cosines()[at] - wanted).abs() < 1e-5);
            }
            prop_assert_eq!(kept.missing().count(), rows.len().div_ceil(3));
        }
    }

    #[test]
    fn among_many_cosines_are_near_and_exact_where_asked_for() {
        let mut random = pm_testbed::text::Random(3);
        let mut vector = || {
            let values: Vec<f32> =
                (0..384).map(|_| f32::from(i16::try_from(random.number() % 2001).unwrap() - 1000)).collect();
            unit(&values)
        };
        let mut rows = Rows::new(384);
        let vectors: Vec<_> = (0..COARSE_FROM).map(|_| vector()).collect();
        for vector in &vectors {
            rows.push_vector(Some(vector));
        }
        let (query, mut room) = (vector(), Vec::new());
        let compared = rows.compared(&query, &mut room).unwrap();
        assert!(compared.off() > 0.0 && compared.off() < 0.05, "{}", compared.off());
        for (at, vector) in vectors.iter().enumerate() {
            let wanted: f32 = vector.iter().zip(&query).map(|(a, b)| a * b).sum();
            assert!((compared.exact(at) - wanted).abs() < 0.005);
            let off = f64::from(compared.cosines()[at] - compared.exact(at)).abs();
            assert!(off > 0.0 && off < compared.off(), "{off}");
        }
    }
}
