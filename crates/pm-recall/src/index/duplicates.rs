//! Items that say the same.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::{Document, date, flatten};

/// What the text of an item is, but for its key: equal for items of one kind and one day whose value and metadata have
/// the same words, whatever their case and the white space between them.
#[expect(clippy::cast_possible_truncation, reason = "half of a good hash is a good hash")]
pub(super) fn text(hasher: &RandomState, document: &Document<'_>) -> u32 {
    let mut hash = hasher.build_hasher();
    hash.write_u8(document.kind.get());
    hash.write(date::words(document.timestamp).as_bytes());
    for json in [Some(document.value), document.metadata].into_iter().flatten() {
        hash.write_u8(0xFE);
        flatten::each_text(json, |text| {
            for word in text.split_whitespace() {
                word.chars().flat_map(char::to_lowercase).for_each(|c| hash.write_u32(c.into()));
                hash.write_u8(0xFF);
            }
        });
    }
    hash.finish() as u32
}
