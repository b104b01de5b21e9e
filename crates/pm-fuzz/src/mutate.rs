//! Changes to inputs.

use crate::Random;

/// The most bytes of an input: more than any bound of the parsers but that of whole bodies.
const LONGEST: usize = 8 * 1024;
/// Bytes that mean something to some parser.
const TELLING: &[u8] = b"\0\t\n\r \"'%&+,-./0129:;=?@AZ[\\]_az{}~\x7f\x80\xbf\xc0\xc3\xe2\xed\xf0\xff";
/// Characters that are hard on whoever reads text: marks, joiners, directions, case that changes length, ends of planes.
const CHARACTERS: &[char] = &[
    '\u{AD}',
    '\u{301}',
    '\u{345}',
    '\u{5D0}',
    '\u{627}',
    '\u{E49}',
    '\u{1100}',
    '\u{1161}',
    '\u{11A8}',
    '\u{1E9E}',
    '\u{200B}',
    '\u{200D}',
    '\u{2019}',
    '\u{2028}',
    '\u{202E}',
    '\u{2126}',
    '\u{212A}',
    '\u{3000}',
    '\u{3042}',
    '\u{30C7}',
    '\u{4E00}',
    '\u{AC00}',
    '\u{D7FF}',
    '\u{E000}',
    '\u{FB01}',
    '\u{FDFA}',
    '\u{FE0F}',
    '\u{FEFF}',
    '\u{FF21}',
    '\u{FFFD}',
    '\u{FFFF}',
    '\u{10400}',
    '\u{1D400}',
    '\u{1F130}',
    '\u{1F1E9}',
    '\u{1F3FD}',
    '\u{1F469}',
    '\u{1F680}',
    '\u{20000}',
    '\u{E0100}',
    '\u{10FFFF}',
    'İ',
    'ı',
    'ß',
    'Σ',
    'ς',
    'ŉ',
    'ǰ',
    'Ǆ',
    'æ',
    'É',
    '½',
    '²',
    '٣',
    'Ⅷ',
    'ﬃ',
];

/// Changes `input` in one to four ways; `other` is another input to take from, `words` what the parser knows.
pub(crate) fn mutate(input: &[u8], other: &[u8], words: &[&str], random: &mut Random) -> Vec<u8> {
    let mut changed = input.to_vec();
    for _ in 0..=random.below(4) {
        change(&mut changed, other, words, random);
        changed.truncate(LONGEST);
    }
    changed
}

fn change(input: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Random) {
    let length = input.len();
    let at = random.below(length + 1);
    match random.below(13) {
        0 => on_byte(input, at, |byte| byte ^ (1 << random.below(8))),
        1 => {
            let telling = random.pick(TELLING).copied().unwrap_or_default();
            on_byte(input, at, |_| telling);
        }
        2 => {
            let bytes: Vec<u8> = (0..=random.below(4)).map(|_| random.byte()).collect();
            input.splice(at..at, bytes);
        }
        3 => drop(input.drain(random.range(length, 32))),
        4 => {
            // A few times, or so often that it becomes long.
            let piece = input.get(random.range(length, 24)).unwrap_or_default();
            let times = if random.below(8) == 0 { random.below(2048) } else { random.below(4) };
            let times = times.min(LONGEST / piece.len().max(1));
            let repeated = piece.repeat(times);
            input.splice(at..at, repeated);
        }
        5 => {
            input.truncate(at);
            input.extend(other.get(random.below(other.len() + 1)..).unwrap_or_default());
        }
        6 => input.truncate(at),
        7 => insert(input, at..at, random.pick(words).copied().unwrap_or_default().as_bytes()),
        8 => {
            let replaced = random.range(length, 16);
            insert(input, replaced, random.pick(words).copied().unwrap_or_default().as_bytes());
        }
        9 => {
            let odd = random.pick(CHARACTERS).copied().unwrap_or_default();
            let any = u32::try_from(random.below(0x11_0000)).ok().and_then(char::from_u32);
            let character = if random.below(3) == 0 { any.unwrap_or(odd) } else { odd };
            insert(input, at..at, character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        10 => {
            let piece: Vec<u8> = input.drain(random.range(length, 16)).collect();
            let to = random.below(input.len() + 1);
            input.splice(to..to, piece);
        }
        11 => insert(input, at..at, other.get(random.range(other.len(), 64)).unwrap_or_default()),
        _ => on_byte(input, at, |byte| match byte {
            b'0'..=b'9' => b'0' + (byte - b'0' + 1) % 10,
            letter if letter.is_ascii_alphabetic() => letter ^ 0x20,
            any => any.wrapping_add(1),
        }),
    }
}

fn insert(input: &mut Vec<u8>, place: std::ops::Range<usize>, piece: &[u8]) {
    input.splice(place, piece.iter().copied());
}

fn on_byte(input: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = change(*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_changes_and_they_stay_within_bounds() {
        let made = |seed| {
            let (mut random, mut input) = (Random::new(seed), b"aipm_0".to_vec());
            for _ in 0..2_000 {
                input = mutate(&input, b"[1,2]", &["Bearer "], &mut random);
                assert!(input.len() <= LONGEST);
            }
            input
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
    }
}
