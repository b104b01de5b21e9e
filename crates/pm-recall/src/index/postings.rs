//! Which items hold a term, and how often.

use super::varint;

/// The items that hold one term: slot and term frequency, in ascending order of slots, in one or two bytes each.
///
/// A posting is the distance to the slot before, doubled, plus one if the term occurs once; otherwise the frequency
/// follows (the coding of Lucene's early `.frq` files). Slots of removed items stay until the index is compacted.
#[derive(Default)]
pub(super) struct Postings {
    bytes: Bytes,
    last: u32,
    /// How many live items hold the term.
    pub(super) document_frequency: u32,
}

impl Postings {
    /// Adds an item, behind all that are there.
    pub(super) fn push(&mut self, slot: u32, frequency: u16) {
        let distance = u64::from(slot.saturating_sub(self.last));
        let once = frequency == 1;
        varint::write(distance << 1 | u64::from(once), |byte| self.bytes.push(byte));
        if !once {
            varint::write(u64::from(frequency), |byte| self.bytes.push(byte));
        }
        self.last = slot;
        self.document_frequency += 1;
    }

    /// Slot and frequency of all items, removed ones included.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u16)> {
        let mut bytes = self.bytes.as_slice();
        let mut slot = 0_u32;
        std::iter::from_fn(move || {
            let code = varint::read(&mut bytes)?;
            slot = slot.saturating_add(u32::try_from(code >> 1).unwrap_or(u32::MAX));
            let frequency = if code & 1 == 1 { 1 } else { varint::read(&mut bytes)? };
            Some((slot, u16::try_from(frequency).unwrap_or(u16::MAX)))
        })
    }

    /// Heap in use, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        match &self.bytes {
            Bytes::Inline { .. } => 0,
            Bytes::Heap(bytes) => size_of::<Vec<u8>>() + bytes.capacity(),
        }
    }
}

/// Room for a few postings without an allocation: most terms are in one or two items.
const INLINE: usize = 14;

enum Bytes {
    Inline {
        len: u8,
        bytes: [u8; INLINE],
    },
    #[expect(clippy::box_collection, reason = "boxed, all is 16 bytes instead of 24, and few terms come here")]
    Heap(Box<Vec<u8>>),
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Inline { len: 0, bytes: [0; INLINE] }
    }
}

impl Bytes {
    fn push(&mut self, byte: u8) {
        match self {
            Self::Inline { len, bytes } => {
                if let Some(free) = bytes.get_mut(usize::from(*len)) {
                    *free = byte;
                    *len += 1;
                } else {
                    let mut moved = Vec::with_capacity(2 * INLINE);
                    moved.extend_from_slice(bytes);
                    moved.push(byte);
                    *self = Self::Heap(Box::new(moved));
                }
            }
            Self::Heap(bytes) => {
                if bytes.len() == bytes.capacity() {
                    bytes.reserve_exact(bytes.len() / 2);
                }
                bytes.push(byte);
            }
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Heap(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postings_come_back_in_order() {
        let expected: Vec<(u32, u16)> =
            (0..300_u32).map(|n| (n * n, if n % 3 == 0 { u16::MAX } else { 1 })).collect();
        let mut postings = Postings::default();
        for (count, &(slot, frequency)) in (1..).zip(&expected) {
            postings.push(slot, frequency);
            assert!(postings.iter().eq(expected.iter().copied().take(count)));
        }
        assert_eq!(postings.document_frequency, 300);
    }

    #[test]
    fn a_rare_term_costs_no_allocation() {
        let mut postings = Postings::default();
        (0..7).for_each(|n| postings.push(n * 60, 1));
        assert_eq!((postings.heap_bytes(), size_of::<Postings>()), (0, 24));
    }
}
