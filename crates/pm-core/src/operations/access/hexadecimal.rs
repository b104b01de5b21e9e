//! Bytes as hexadecimal digits in lower case, the only form that is read.

/// The digits of 256 bits.
pub(in crate::operations) fn write(bytes: &[u8; 32]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| DIGITS.get(usize::from(digit))).collect()
}

/// The `N` bytes of twice as many digits; `None` for anything else.
pub(in crate::operations) fn read<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; N] = pairs.try_into().ok()?;
    // One decision for all of them: what is sent is right nearly always.
    let wrong = pairs.as_flattened().iter().fold(0, |wrong, digit| wrong | value(*digit));
    (wrong <= 15).then(|| pairs.map(|[high, low]| value(high) << 4 | value(low)))
}

/// What a digit is worth; of what is no digit, more than 15.
fn value(digit: u8) -> u8 {
    let (decimal, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
    if decimal < 10 {
        decimal
    } else if letter < 6 {
        letter + 10
    } else {
        u8::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_digit_or_none() {
        for byte in 0..=u8::MAX {
            let digit = char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
            let expected = digit.map_or(u8::MAX, |digit| u8::try_from(digit).unwrap());
            assert_eq!(value(byte), expected, "{byte}");
        }
    }

    #[test]
    fn only_the_right_number_of_digits_is_read() {
        assert_eq!(read("00ff7a"), Some([0, 255, 0x7a]));
        assert_eq!(read("").as_ref(), Some(&[]));
        for odd in ["", "0", "00f", "00ff", "00ff7", "00ff7a0", "00ff7a00", "00fF7a", "00ff7g", "é0ff"] {
            assert_eq!(read::<3>(odd), None, "{odd}");
        }
    }
}
