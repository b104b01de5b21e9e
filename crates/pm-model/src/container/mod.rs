//! The file format of the models that ship in the binary, made to be used where it lies.
//!
//! ```text
//! at 0     8 bytes   "ai-pm\0md"
//!    8     u32       version of the format, 1
//!   12     u32       kind of model: 1 static, 2 transformer
//!   16     u32       number of sections
//!   20     44 bytes  zero
//!   64     a table: for each section u64 where it begins, u64 how many bytes it has
//!   ...    the sections, each beginning on a boundary of 64
//! ```
//!
//! Numbers are little-endian. Every kind begins with the same sections:
//!
//! | section | holds |
//! |---|---|
//! | 0 | the description: JSON, different for each kind |
//! | 1, 2, 3 | the vocabulary (`wordpiece/vocabulary.rs`): texts, where they end, hash table; empty in one that shares the vocabulary of the static model |
//! | 4, 5 | a vector for each token: i8 x dimensions, row by row; f32 scale for each row |
//!
//! Those of a transformer go on as `transformer/layout.rs` says.

mod storage;
mod writer;

use std::ops::Range;

use crate::ModelError;
use crate::kernel::{self, Block};

pub(crate) use storage::Storage;
pub(crate) use writer::Writer;

const MAGIC: [u8; 8] = *b"ai-pm\0md";
const VERSION: u32 = 1;
/// The bytes before the table, and the boundary of every section.
const ALIGNMENT: usize = 64;

/// What a container holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Static = 1,
    Transformer = 2,
}

/// Bytes whose table of sections was checked.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    storage: Storage,
    sections: Vec<Range<usize>>,
}

impl Container {
    /// Reads the table; no section is touched.
    pub(crate) fn open(storage: Storage, kind: Kind) -> Result<Self, ModelError> {
        let bytes = storage.bytes();
        let head =
            bytes.get(..ALIGNMENT).ok_or_else(|| ModelError::container("is cut off within its head"))?;
        if !head.starts_with(&MAGIC) {
            return Err(ModelError::container("does not begin as one"));
        }
        let word = |at: usize| {
            head.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        if word(8) != VERSION {
            return Err(ModelError::container(format!("has version {}, not {VERSION}", word(8))));
        }
        if word(12) != kind as u32 {
            return Err(ModelError::container(format!("holds a model of kind {}, not {kind:?}", word(12))));
        }
        let table = bytes.get(ALIGNMENT..).unwrap_or_default().as_chunks::<16>().0;
        let count = usize::try_from(word(16)).unwrap_or(usize::MAX);
        let table = table.get(..count).ok_or_else(|| ModelError::container("is cut off within its table"))?;
        let sections = table.iter().enumerate().map(|(number, entry)| {
            range(entry, bytes.len())
                .ok_or_else(|| ModelError::container(format!("section {number} lies outside")))
        });
        let sections = sections.collect::<Result<_, _>>()?;
        Ok(Self { storage, sections })
    }

    /// Section `number`, which must have exactly `length` bytes where one is given.
    pub(crate) fn section(&self, number: usize, length: Option<usize>) -> Result<Section, ModelError> {
        let fault = |what: &str| ModelError::container(format!("section {number} {what}"));
        let range = self.sections.get(number).cloned().ok_or_else(|| fault("is missing"))?;
        if length.is_some_and(|length| range.len() != length) {
            return Err(fault(&format!("has {} bytes, not {}", range.len(), length.unwrap_or_default())));
        }
        // Checked here once, so that reading it later cannot fail.
        if !self.storage.bytes().as_ptr().addr().is_multiple_of(ALIGNMENT) {
            return Err(fault("does not lie on a boundary of 64"));
        }
        Ok(Section { storage: self.storage.clone(), range })
    }

    /// How many sections there are.
    pub(crate) fn len(&self) -> usize {
        self.sections.len()
    }
}

/// A part of a container, which it keeps alive.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    storage: Storage,
    range: Range<usize>,
}

impl Section {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.storage.bytes().get(self.range.clone()).unwrap_or_default()
    }

    pub(crate) fn signed(&self) -> &[i8] {
        kernel::signed(self.bytes())
    }

    pub(crate) fn floats(&self) -> &[f32] {
        kernel::floats(self.bytes()).unwrap_or_default()
    }

    pub(crate) fn words(&self) -> &[u32] {
        kernel::words(self.bytes()).unwrap_or_default()
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        kernel::blocks(self.bytes()).unwrap_or_default()
    }
}

fn range(entry: &[u8; 16], length: usize) -> Option<Range<usize>> {
    let (words, _) = entry.as_chunks::<8>();
    let [start, count] = words else { return None };
    let [start, count] = [start, count].map(|word| usize::try_from(u64::from_le_bytes(*word)).ok());
    let (start, count) = (start?, count?);
    let end = start.checked_add(count)?;
    (start.is_multiple_of(ALIGNMENT) && end <= length).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<Block> {
        let mut writer = Writer::new(Kind::Static);
        writer.bytes(b"description".to_vec());
        writer.floats(&[1.0, -2.0]);
        writer.finish()
    }

    fn opened(blocks: Vec<Block>) -> Result<Container, ModelError> {
        Container::open(Storage::owned(blocks), Kind::Static)
    }

    #[test]
    fn what_is_written_is_read() {
        let container = opened(written()).unwrap();
        assert_eq!(container.len(), 2);
        assert_eq!(container.section(0, None).unwrap().bytes(), b"description");
        assert_eq!(container.section(1, Some(8)).unwrap().floats(), [1.0, -2.0]);
        assert!(container.section(1, Some(4)).is_err() && container.section(2, None).is_err());
    }

    #[test]
    fn what_is_damaged_is_refused() {
        for at in [0, 8, 12, 16, 64, 79, 80, 95] {
            let mut blocks = written();
            kernel::block_bytes_mut(&mut blocks)[at] ^= 0x55;
            assert!(opened(blocks).is_err(), "{at}");
        }
        assert!(opened(Vec::new()).is_err());
        assert!(opened(written()[..1].to_vec()).is_err());
        assert!(Container::open(Storage::owned(written()), Kind::Transformer).is_err());
    }
}
