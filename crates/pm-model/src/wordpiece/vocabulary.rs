//! The tokens of a vocabulary, laid out so that nothing is built to look one up.
//!
//! Three sections of a container: the texts one after the other in the order of their numbers; u32 where each ends;
//! and a hash table of u32 slots, open addressing with steps of one, at least half empty. A slot holds the token's
//! number in its low 20 bits and the top 12 bits of the hash above them.

use crate::ModelError;
use crate::container::{Container, Kind, Section, Storage, Writer};

/// What stands before a token that continues a word.
const PREFIX: &str = "##";
/// A number has 20 bits; the last is left for `EMPTY`.
const MOST: usize = (1 << 20) - 1;
const EMPTY: u32 = u32::MAX;
/// The longest token in bytes, without its prefix. That of BERT's vocabulary has 18.
pub(super) const LONGEST: usize = 128;

/// The hash (64 bits) of the bytes so far: FNV-1a, which grows byte by byte, so that all beginnings of a word cost one
/// pass. Source: Fowler, Noll, Vo; draft-eastlake-fnv.
#[derive(Clone, Copy, Default)]
pub(super) struct Hash(u64);

impl Hash {
    /// Of nothing yet, at the beginning of a word.
    pub(super) const WORD: Self = Self(0xcbf2_9ce4_8422_2325);
    /// Of nothing yet, within a word.
    pub(super) const INNER: Self = Self(0x8422_2325_cbf2_9ce4);

    pub(super) fn with(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    fn of(token: &str) -> Self {
        let (start, text) =
            token.strip_prefix(PREFIX).map_or((Self::WORD, token), |inner| (Self::INNER, inner));
        text.bytes().fold(start, Self::with)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn place(self) -> usize {
        (self.0 ^ (self.0 >> 29)) as usize
    }

    fn mark(self) -> u32 {
        (self.0 >> 52) as u32
    }
}

/// Tokens by number, and numbers by token.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    texts: Section,
    ends: Section,
    slots: Section,
    longest: usize,
}

impl Vocabulary {
    /// Of sections 1 to 3; it looks at the ends only.
    pub(crate) fn open(container: &Container) -> Result<Self, ModelError> {
        let (texts, ends) = (container.section(1, None)?, container.section(2, None)?);
        let slots = container.section(3, None)?;
        let fault = |what| Err(ModelError::container(format!("its vocabulary {what}")));
        if ends.words().is_empty() || slots.words().len() < 2 * ends.words().len() {
            return fault("is cut off");
        }
        if !slots.words().len().is_power_of_two() || slots.words().iter().all(|slot| *slot != EMPTY) {
            return fault("has a hash table in which nothing ends a search");
        }
        let starts = [0].into_iter().chain(ends.words().iter().copied());
        let longest = starts.zip(ends.words()).map(|(start, end)| end.saturating_sub(start)).max();
        let longest = longest.and_then(|longest| usize::try_from(longest).ok()).unwrap_or(LONGEST);
        Ok(Self { texts, ends, slots, longest: longest.min(LONGEST) })
    }

    /// On the heap.
    pub(super) fn of(tokens: &[String]) -> Result<Self, ModelError> {
        let mut writer = Writer::new(Kind::Static);
        writer.bytes(Vec::new());
        Self::write(tokens, &mut writer)?;
        Self::open(&Container::open(Storage::owned(writer.finish()), Kind::Static)?)
    }

    /// Writes sections 1 to 3.
    pub(crate) fn write(tokens: &[String], writer: &mut Writer) -> Result<(), ModelError> {
        if tokens.is_empty() || tokens.len() > MOST {
            return Err(ModelError::Vocabulary(format!("has {} tokens, not 1 to {MOST}", tokens.len())));
        }
        let mut slots = vec![EMPTY; (tokens.len() * 2).next_power_of_two()];
        let (mut texts, mut ends) = (Vec::new(), Vec::with_capacity(tokens.len()));
        for (number, token) in (0_u32..).zip(tokens) {
            if token.len() > LONGEST {
                let what = format!("token {number} has {} bytes, more than {LONGEST}", token.len());
                return Err(ModelError::Vocabulary(what));
            }
            texts.extend(token.bytes());
            ends.push(
                u32::try_from(texts.len()).map_err(|_| ModelError::Vocabulary("is too long".to_owned()))?,
            );
            let hash = Hash::of(token);
            let mask = slots.len() - 1;
            let mut place = hash.place() & mask;
            while slots.get(place).is_some_and(|slot| *slot != EMPTY) {
                place = (place + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = hash.mark() << 20 | number;
            }
        }
        writer.bytes(texts);
        writer.words(&ends);
        writer.words(&slots);
        Ok(())
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.words().len()
    }

    /// The most bytes that a token has, its prefix included.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The text of token `number`.
    pub(crate) fn text(&self, number: u32) -> Option<&[u8]> {
        text(self.texts.bytes(), self.ends.words(), number)
    }

    /// The number of `token`, written with its prefix if it has one.
    pub(crate) fn number(&self, token: &str) -> Option<u32> {
        let text = token.strip_prefix(PREFIX).unwrap_or(token);
        self.find().number(Hash::of(token), text.as_bytes(), text.len() != token.len())
    }

    /// For many searches in a row.
    pub(super) fn find(&self) -> Find<'_> {
        Find { texts: self.texts.bytes(), ends: self.ends.words(), slots: self.slots.words() }
    }
}

/// The parts of a vocabulary as they lie in memory.
#[derive(Clone, Copy)]
pub(super) struct Find<'a> {
    texts: &'a [u8],
    ends: &'a [u32],
    slots: &'a [u32],
}

impl Find<'_> {
    /// The number of the token `text`, which has `hash`; `inner` if it continues a word.
    pub(super) fn number(self, hash: Hash, token: &[u8], inner: bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut place = hash.place() & mask;
        loop {
            let slot = *self.slots.get(place)?;
            if slot == EMPTY {
                return None;
            }
            let number = slot & 0x000f_ffff;
            if slot >> 20 == hash.mark() {
                let found = text(self.texts, self.ends, number)?;
                let found = if inner { found.strip_prefix(PREFIX.as_bytes()) } else { Some(found) };
                if found == Some(token) {
                    return Some(number);
                }
            }
            place = (place + 1) & mask;
        }
    }
}

fn text<'a>(texts: &'a [u8], ends: &[u32], number: u32) -> Option<&'a [u8]> {
    let number = usize::try_from(number).ok()?;
    let start = number.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
    texts.get(usize::try_from(start).ok()?..usize::try_from(*ends.get(number)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_found_and_no_other() {
        let tokens = ["[UNK]", "a", "##a", "ab", "##", "é", "##é"];
        let vocabulary = Vocabulary::of(&tokens.map(str::to_owned)).unwrap();
        assert_eq!((vocabulary.len(), vocabulary.longest()), (7, 5));
        for (number, token) in (0..).zip(tokens) {
            assert_eq!(vocabulary.number(token), Some(number));
            assert_eq!(vocabulary.text(number), Some(token.as_bytes()));
        }
        assert_eq!(
            (vocabulary.number("b"), vocabulary.number("##b"), vocabulary.text(7)),
            (None, None, None)
        );
    }

    #[test]
    fn what_cannot_be_held_is_refused() {
        let mut writer = Writer::new(Kind::Static);
        assert!(Vocabulary::write(&[], &mut writer).is_err());
        assert!(Vocabulary::write(&["x".repeat(LONGEST + 1)], &mut writer).is_err());
    }
}
