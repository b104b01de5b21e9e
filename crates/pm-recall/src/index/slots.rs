//! The items themselves, without their text.

use super::interner::{number, reserve_sparingly};
use crate::Kind;

/// What the index keeps of an item.
pub(super) struct Slot {
    pub(super) key: Box<str>,
    /// The numbers of the item's terms, ascending, as [`super::varint::write_ascending`] packs them.
    pub(super) terms: Box<[u8]>,
    pub(super) timestamp: i64,
    /// `i64::MAX` = never.
    pub(super) expires_at: i64,
    pub(super) importance: f32,
    /// Number of the session, or [`Slot::NO_SESSION`].
    pub(super) session: u32,
    /// Hash of the key's words; see `key_phrases`.
    pub(super) phrase: u32,
    pub(super) kind: Kind,
    /// Whether its value is a question.
    pub(super) is_question: bool,
    pub(super) live: bool,
}

impl Slot {
    pub(super) const NO_SESSION: u32 = u32::MAX;

    fn heap_bytes(&self) -> usize {
        self.key.len() + self.terms.len()
    }
}

const _: () = assert!(size_of::<Slot>() <= 64, "one per item");

/// What a search needs to know of most items: the kind and whether the item is live, a question and particular, in a number
/// below [`Mark::COUNT`].
#[derive(Clone, Copy, Default)]
pub(super) struct Mark(u8);

impl Mark {
    /// How many there are.
    pub(super) const COUNT: usize = 64;
    const LIVE: u8 = 8;
    const QUESTION: u8 = 16;
    const PARTICULAR: u8 = 32;

    fn of(slot: &Slot) -> Self {
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let is_neutral = (slot.importance - 0.5).abs() == 0.0;
        Self(
            slot.kind.get()
                | flag(slot.live, Self::LIVE)
                | flag(slot.is_question, Self::QUESTION)
                | flag(!is_neutral || slot.expires_at < i64::MAX, Self::PARTICULAR),
        )
    }

    /// All of them, in the order of their numbers.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..).take(Self::COUNT).map(Self)
    }

    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }

    pub(super) fn kind(self) -> Option<Kind> {
        Kind::new(self.0 % Self::LIVE)
    }

    pub(super) fn is_live(self) -> bool {
        self.0 & Self::LIVE != 0
    }

    pub(super) fn is_question(self) -> bool {
        self.0 & Self::QUESTION != 0
    }

    /// Whether the item has to be looked at itself: it expires, or matters more or less than others.
    pub(super) fn is_particular(self) -> bool {
        self.0 & Self::PARTICULAR != 0
    }
}

/// Items by slot. A slot is never used again until the index is compacted, so that postings stay in order.
#[derive(Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Lengths in tokens, apart from the rest: scoring reads them for every posting.
    lengths: Vec<u32>,
    /// Apart from the rest too: most searches read these of every item.
    marks: Vec<Mark>,
    live: usize,
    /// Sum of the lengths of the live items.
    tokens: u64,
    heap: usize,
}

impl Slots {
    /// Adds an item in a new slot.
    pub(super) fn push(&mut self, slot: Slot, length: u32) -> u32 {
        let at = number(self.slots.len());
        self.live += 1;
        self.tokens += u64::from(length);
        self.heap += slot.heap_bytes();
        reserve_sparingly(&mut self.slots);
        reserve_sparingly(&mut self.marks);
        self.marks.push(Mark::of(&slot));
        self.slots.push(slot);
        reserve_sparingly(&mut self.lengths);
        self.lengths.push(length);
        at
    }

    /// Takes out the item in `at`: the slot is dead from now on, its key is freed, its terms are handed back.
    pub(super) fn take(&mut self, at: u32) -> Option<Box<[u8]>> {
        let slot = self.slots.get_mut(at as usize).filter(|slot| slot.live)?;
        self.heap -= slot.heap_bytes();
        slot.live = false;
        self.live -= 1;
        self.tokens -= u64::from(self.lengths.get(at as usize).copied().unwrap_or(0));
        slot.key = Box::default();
        if let Some(mark) = self.marks.get_mut(at as usize) {
            *mark = Mark::default();
        }
        Some(std::mem::take(&mut slot.terms))
    }

    /// The item in `at`, unless it was removed.
    pub(super) fn get(&self, at: u32) -> Option<&Slot> {
        self.slots.get(at as usize).filter(|slot| slot.live)
    }

    pub(super) fn length(&self, at: u32) -> u32 {
        self.lengths.get(at as usize).copied().unwrap_or(0)
    }

    /// The length of each item in tokens, dead ones included.
    pub(super) fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// The mark of each item, dead ones included.
    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The live items with their slots, in the order of the slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Slot)> {
        (0..).zip(&self.slots).filter(|(_, slot)| slot.live)
    }

    /// All items, dead ones included, with their lengths.
    pub(super) fn into_all(self) -> impl Iterator<Item = (Slot, u32)> {
        self.slots.into_iter().zip(self.lengths)
    }

    /// How many items are live.
    pub(super) fn live(&self) -> usize {
        self.live
    }

    /// How many slots there are, dead ones included.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many tokens the live items hold together.
    pub(super) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
            + self.lengths.capacity() * size_of::<u32>()
            + self.marks.capacity() * size_of::<Mark>()
            + self.heap
    }
}
