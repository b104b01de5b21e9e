//! Puts a container together.

use super::{ALIGNMENT, Kind, MAGIC, VERSION};
use crate::kernel::{self, Block};

/// Sections, in the order in which they are given.
#[derive(Debug)]
pub(crate) struct Writer {
    kind: Kind,
    sections: Vec<Vec<u8>>,
}

impl Writer {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, sections: Vec::new() }
    }

    pub(crate) fn bytes(&mut self, bytes: Vec<u8>) {
        self.sections.push(bytes);
    }

    pub(crate) fn signed(&mut self, values: &[i8]) {
        self.bytes(values.iter().map(|value| value.cast_unsigned()).collect());
    }

    pub(crate) fn floats(&mut self, values: &[f32]) {
        self.bytes(values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    pub(crate) fn words(&mut self, values: &[u32]) {
        self.bytes(values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    /// The whole, padded with zeros to a multiple of 64 bytes.
    pub(crate) fn finish(self) -> Vec<Block> {
        let count = u32::try_from(self.sections.len()).unwrap_or(u32::MAX);
        let mut head = Vec::with_capacity(ALIGNMENT + self.sections.len() * 16);
        head.extend(MAGIC);
        head.extend([VERSION, self.kind as u32, count].into_iter().flat_map(u32::to_le_bytes));
        head.resize(ALIGNMENT, 0);
        let mut at = (ALIGNMENT + self.sections.len() * 16).next_multiple_of(ALIGNMENT);
        for section in &self.sections {
            head.extend([at as u64, section.len() as u64].into_iter().flat_map(u64::to_le_bytes));
            at = (at + section.len()).next_multiple_of(ALIGNMENT);
        }
        let mut blocks = vec![Block::ZERO; at / ALIGNMENT];
        let mut rest = kernel::block_bytes_mut(&mut blocks);
        // Each is let go once it is copied, so that a large model is not held twice.
        for part in [head].into_iter().chain(self.sections) {
            let Some((place, after)) = rest.split_at_mut_checked(part.len().next_multiple_of(ALIGNMENT))
            else {
                break;
            };
            if let Some(place) = place.get_mut(..part.len()) {
                place.copy_from_slice(&part);
            }
            rest = after;
        }
        blocks
    }
}
