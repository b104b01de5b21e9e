//! Bytes seen as numbers, in place.

#![expect(unsafe_code, reason = "the same memory under another type, without a copy of the weights")]

#[cfg(target_endian = "big")]
compile_error!("the models are stored little-endian and used in place");

/// 64 bytes on a boundary of 64: a cache line, and a block of 16 rows x 4 columns of weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(64))]
pub(crate) struct Block(pub(crate) [i8; 64]);

impl Block {
    /// All zeros.
    pub(crate) const ZERO: Self = Self([0; 64]);
}

/// The bytes of `blocks`.
pub(crate) fn block_bytes(blocks: &[Block]) -> &[u8] {
    // SAFETY: a block is 64 bytes without padding, and every byte is a valid u8; the lifetime is that of `blocks`.
    unsafe { std::slice::from_raw_parts(blocks.as_ptr().cast(), size_of_val(blocks)) }
}

/// The bytes of `blocks`, to be written.
pub(crate) fn block_bytes_mut(blocks: &mut [Block]) -> &mut [u8] {
    // SAFETY: as in `block_bytes`; and every value of the bytes is a valid block.
    unsafe { std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), size_of_val(blocks)) }
}

/// `bytes` as signed ones.
pub(crate) fn signed(bytes: &[u8]) -> &[i8] {
    // SAFETY: u8 and i8 have the same size and alignment, and every byte is valid for both.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// `bytes` as `f32`; `None` where they do not begin on a boundary of 4 or are no whole number of them.
pub(crate) fn floats(bytes: &[u8]) -> Option<&[f32]> {
    // SAFETY: every pattern of 32 bits is a valid f32.
    whole(unsafe { bytes.align_to() })
}

/// `bytes` as `u32`, under the conditions of [`floats`].
pub(crate) fn words(bytes: &[u8]) -> Option<&[u32]> {
    // SAFETY: every pattern of 32 bits is a valid u32.
    whole(unsafe { bytes.align_to() })
}

/// `bytes` as blocks; `None` where they do not begin on a boundary of 64 or are no whole number of them.
pub(crate) fn blocks(bytes: &[u8]) -> Option<&[Block]> {
    // SAFETY: every pattern of 64 bytes is a valid block.
    whole(unsafe { bytes.align_to() })
}

fn whole<'a, T>((before, middle, after): (&'a [u8], &'a [T], &'a [u8])) -> Option<&'a [T]> {
    (before.is_empty() && after.is_empty()).then_some(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_seen_in_place_or_not_at_all() {
        let mut data = [Block::ZERO; 2];
        block_bytes_mut(&mut data)[4..8].copy_from_slice(&1.5_f32.to_le_bytes());
        let bytes = block_bytes(&data);
        assert_eq!(floats(bytes).unwrap()[1].to_bits(), 1.5_f32.to_bits());
        assert_eq!(words(bytes).unwrap()[1], 1.5_f32.to_bits());
        assert_eq!(blocks(bytes).unwrap(), data);
        assert_eq!(signed(bytes)[7], 0x3f);
        assert!(
            floats(&bytes[1..]).is_none() && words(&bytes[..5]).is_none() && blocks(&bytes[..65]).is_none()
        );
        assert!(blocks(&bytes[4..68]).is_none());
    }
}
