//! Vectors of items that a model outside of the index made.

use std::hash::{DefaultHasher, Hasher};

use pm_model::quantise;

/// The vector of one passage, rounded to bytes with one scale, and which passage that is.
///
/// An index takes it only for an item whose passage has the same fingerprint, so that a vector that comes late is never
/// mistaken for one of the text that has replaced it.
#[derive(Clone, Debug, PartialEq)]
pub struct PassageVector {
    fingerprint: u64,
    scale: f32,
    bytes: Box<[i8]>,
}

impl PassageVector {
    /// Rounds `vector`, of length 1, which was made of the passage with this [`fingerprint`].
    pub fn new(fingerprint: u64, vector: &[f32]) -> Self {
        let mut bytes = vec![0; vector.len()].into_boxed_slice();
        let scale = quantise(vector, &mut bytes);
        Self { fingerprint, scale, bytes }
    }

    /// As it is kept: fingerprint, scale (both little-endian), then a byte a dimension.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut kept = Vec::with_capacity(HEAD + self.bytes.len());
        kept.extend_from_slice(&self.fingerprint.to_le_bytes());
        kept.extend_from_slice(&self.scale.to_le_bytes());
        kept.extend(self.bytes.iter().map(|byte| byte.cast_unsigned()));
        kept
    }

    /// What [`Self::to_bytes`] gave; `None` where it is something else.
    pub fn from_bytes(kept: &[u8]) -> Option<Self> {
        let (fingerprint, rest) = kept.split_first_chunk()?;
        let (scale, bytes) = rest.split_first_chunk()?;
        let scale = f32::from_le_bytes(*scale);
        let bytes = bytes.iter().map(|byte| byte.cast_signed()).collect();
        scale.is_finite().then(|| Self { fingerprint: u64::from_le_bytes(*fingerprint), scale, bytes })
    }

    /// Which passage it was made of.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// How many values it has.
    pub fn dimensions(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn of_row(fingerprint: u64, bytes: Vec<i8>, scale: f32) -> Self {
        Self { fingerprint, scale, bytes: bytes.into() }
    }

    pub(crate) fn row(&self) -> (&[i8], f32) {
        (&self.bytes, self.scale)
    }
}

/// Fingerprint and scale.
const HEAD: usize = size_of::<u64>() + size_of::<f32>();

/// Tells passages apart: `SipHash` with fixed keys, the same on every machine for one version of this program. Another
/// version may have other fingerprints: then vectors are made again.
pub fn fingerprint(passage: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(passage.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_comes_back_as_it_was_kept() {
        let vector = PassageVector::new(fingerprint("a"), &[0.6, -0.8, 0.0]);
        assert_eq!(PassageVector::from_bytes(&vector.to_bytes()), Some(vector.clone()));
        assert_eq!(vector.dimensions(), 3);
        let (bytes, scale) = vector.row();
        assert_eq!(bytes, [95, -127, 0]);
        assert!((f32::from(bytes[1]) * scale + 0.8).abs() < 1e-6);
        assert_eq!(PassageVector::from_bytes(&[0; HEAD - 1]), None);
        let mut broken = vector.to_bytes();
        broken[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
        assert_eq!(PassageVector::from_bytes(&broken), None);
    }
}
