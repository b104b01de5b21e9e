//! Numbers in as many bytes as they need: seven bits per byte, the lowest first, the top bit set on all but the last
//! (LEB128).

/// Calls `push` with the bytes of `value`.
pub(super) fn write(mut value: u64, mut push: impl FnMut(u8)) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return push(low & 0x7F);
        }
        push(low | 0x80);
    }
}

/// Takes the first number off `bytes`; `None` at the end.
pub(super) fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift = (shift + 7) & 63;
    }
}

/// Ascending numbers as the bytes of their differences.
pub(super) fn write_ascending(numbers: impl IntoIterator<Item = u32>) -> Box<[u8]> {
    let mut bytes = Vec::new();
    let mut last = 0;
    for number in numbers {
        write(u64::from(number.saturating_sub(last)), |byte| bytes.push(byte));
        last = number;
    }
    bytes.into_boxed_slice()
}

/// The numbers that [`write_ascending`] was given.
pub(super) fn read_ascending(mut bytes: &[u8]) -> impl Iterator<Item = u32> {
    let mut last = 0_u32;
    std::iter::from_fn(move || {
        last = last.saturating_add(u32::try_from(read(&mut bytes)?).unwrap_or(u32::MAX));
        Some(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, 127, 128, 300, 16_384, 1 << 20, u32::MAX - 1, u32::MAX];
        let bytes = write_ascending(numbers);
        assert_eq!(read_ascending(&bytes).collect::<Vec<_>>(), numbers);
        assert_eq!(write_ascending([5, 6, 7]).len(), 3);
        let mut widest = Vec::new();
        write(u64::MAX, |byte| widest.push(byte));
        assert_eq!(read(&mut widest.as_slice()), Some(u64::MAX));
    }
}
