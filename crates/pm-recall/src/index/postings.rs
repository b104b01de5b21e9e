//! Which items hold a term, and how often.

use super::varint;

/// The items that hold one term: slot and term frequency, in ascending order of slots, in one or two bytes each.
///
/// A posting is the distance to the slot before, doubled, plus one if the term occurs once; otherwise the frequency
/// follows (the coding of Lucene's early `.frq` files). Most terms are in one or two items: those cost no allocation.
pub(super) enum Postings {
    Few { len: u8, bytes: [u8; FEW] },
    Many(Box<Many>),
}

const FEW: usize = 14;
const _: () = assert!(size_of::<Postings>() == 16, "one per term");

/// Postings that are not taken out of `bytes` with their item, but when the index is compacted.
pub(super) struct Many {
    bytes: Vec<u8>,
    last: u32,
    /// How many live items hold the term.
    document_frequency: u32,
}

impl Default for Postings {
    fn default() -> Self {
        Self::Few { len: 0, bytes: [0; FEW] }
    }
}

impl Postings {
    /// Adds an item, behind all that are there.
    pub(super) fn push(&mut self, slot: u32, frequency: u16) {
        if let Self::Few { len, bytes } = self {
            let last =
                decode(bytes.get(..usize::from(*len)).unwrap_or_default()).last().map_or(0, |(slot, _)| slot);
            let mut longer = *len;
            let mut fits = true;
            encode(slot - last, frequency, |byte| match bytes.get_mut(usize::from(longer)) {
                Some(free) => {
                    *free = byte;
                    longer += 1;
                }
                None => fits = false,
            });
            if fits {
                *len = longer;
                return;
            }
            self.spill(last);
        }
        if let Self::Many(many) = self {
            many.push(slot, frequency);
        }
    }

    /// Moves postings that have no room for another to the heap.
    fn spill(&mut self, last: u32) {
        let mut bytes = Vec::with_capacity(2 * FEW);
        bytes.extend_from_slice(self.bytes());
        let document_frequency = self.document_frequency();
        *self = Self::Many(Box::new(Many { bytes, last, document_frequency }));
    }

    /// Takes out the item in `slot`, which is there.
    pub(super) fn remove(&mut self, slot: u32) {
        match self {
            Self::Few { .. } => {
                let mut rest = Self::default();
                self.iter()
                    .filter(|(other, _)| *other != slot)
                    .for_each(|(slot, frequency)| rest.push(slot, frequency));
                *self = rest;
            }
            Self::Many(many) => many.document_frequency = many.document_frequency.saturating_sub(1),
        }
    }

    /// How many live items hold the term.
    pub(super) fn document_frequency(&self) -> u32 {
        match self {
            Self::Few { .. } => self.iter().map(|_| 1).sum(),
            Self::Many(many) => many.document_frequency,
        }
    }

    /// Slot and frequency of all items, some that were removed included.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u16)> {
        decode(self.bytes())
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Few { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Many(many) => &many.bytes,
        }
    }

    /// Heap in use, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Few { .. } => 0,
            Self::Many(many) => size_of::<Many>() + many.bytes.capacity(),
        }
    }
}

impl Many {
    fn push(&mut self, slot: u32, frequency: u16) {
        // The longest posting has eight bytes.
        if self.bytes.capacity() - self.bytes.len() < 8 {
            self.bytes.reserve_exact(8 + self.bytes.len() / 8);
        }
        encode(slot - self.last, frequency, |byte| self.bytes.push(byte));
        self.last = slot;
        self.document_frequency += 1;
    }
}

fn encode(distance: u32, frequency: u16, mut push: impl FnMut(u8)) {
    let once = frequency == 1;
    varint::write(u64::from(distance) << 1 | u64::from(once), &mut push);
    if !once {
        varint::write(u64::from(frequency), push);
    }
}

fn decode(mut bytes: &[u8]) -> impl Iterator<Item = (u32, u16)> {
    let mut slot = 0_u32;
    std::iter::from_fn(move || {
        let code = varint::read(&mut bytes)?;
        slot = slot.saturating_add(u32::try_from(code >> 1).unwrap_or(u32::MAX));
        let frequency = if code & 1 == 1 { 1 } else { varint::read(&mut bytes)? };
        Some((slot, u16::try_from(frequency).unwrap_or(u16::MAX)))
    })
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
        assert_eq!(postings.document_frequency(), 300);
    }

    #[test]
    fn a_rare_term_costs_no_allocation() {
        let mut postings = Postings::default();
        (0..7).for_each(|n| postings.push(n * 60, 1));
        assert_eq!(postings.heap_bytes(), 0);
        postings.remove(120);
        assert!(postings.iter().map(|(slot, _)| slot / 60).eq([0, 1, 3, 4, 5, 6]));
        assert_eq!(postings.document_frequency(), 6);
    }
}
