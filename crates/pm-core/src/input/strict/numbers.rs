//! Numbers as they were written. The parser turns them into doubles and 64-bit integers, and what does not fit into
//! those would come back as another number.

use super::outside::outside;
use crate::input::Invalid;

/// A number longer than this cannot come back digit for digit from a double or a 64-bit integer.
const LONGEST: usize = 128;
/// A number no longer than this, with no exponent, always fits.
const SHORT: usize = 15;

/// Where the walk through the text is.
enum Level {
    /// In an object, at the value of this name as it is written.
    Object(String),
    /// In an array, at the element of this index.
    Array(usize),
}

/// Refuses every number that would come back as another one. `text` is JSON at least up to the first such number.
pub(super) fn check(text: &str) -> Result<(), Invalid> {
    if !suspicious(text.as_bytes()) {
        return Ok(());
    }
    let (mut levels, mut faults) = (Vec::new(), Vec::new());
    let (mut rest, mut string) = (text, "");
    while let Some(byte) = rest.bytes().next() {
        let length = match byte {
            b'"' => {
                let length = string_length(rest);
                string = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
                length
            }
            b'-' | b'0'..=b'9' => {
                let length = number_length(rest);
                if let Err(message) = fits(rest.get(..length).unwrap_or_default()) {
                    faults.extend(Invalid::field(path(&levels), message).0);
                }
                length
            }
            _ => {
                step(&mut levels, byte, string);
                rest.chars().next().map_or(1, char::len_utf8)
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    if faults.is_empty() { Ok(()) } else { Err(Invalid(faults)) }
}

/// Whether the text may hold such a number at all: a look that is cheap, since hardly any text does.
fn suspicious(text: &[u8]) -> bool {
    for stretch in outside(text) {
        let mut run = 0_usize;
        for byte in stretch {
            match byte {
                b'0'..=b'9' | b'.' | b'-' | b'+' => run += 1,
                b'e' | b'E' if run > 0 => return true,
                _ => run = 0,
            }
            if run > SHORT {
                return true;
            }
        }
    }
    false
}

fn step(levels: &mut Vec<Level>, byte: u8, string: &str) {
    match (byte, levels.last_mut()) {
        (b'{', _) => levels.push(Level::Object(String::new())),
        (b'[', _) => levels.push(Level::Array(0)),
        (b'}' | b']', _) => drop(levels.pop()),
        (b':', Some(Level::Object(name))) => string.clone_into(name),
        (b',', Some(Level::Array(index))) => *index += 1,
        _ => {}
    }
}

/// Bytes of the string that `text` starts with, its quotes among them.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the number that `text` starts with.
fn number_length(text: &str) -> usize {
    let in_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    text.bytes().take_while(in_number).count()
}

fn fits(number: &str) -> Result<(), String> {
    let length = number.len();
    if length > LONGEST {
        return Err(format!(
            "holds a number of {length} characters, more than can be kept exactly: send it as a string"
        ));
    }
    let integer = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
        return Err(
            "holds an integer beyond 64 bits, which would lose digits: send it as a string".to_owned()
        );
    }
    match number.parse::<f64>() {
        Ok(double) if double.is_infinite() => {
            Err("holds a number beyond the range of a double: send it as a string".to_owned())
        }
        _ => Ok(()),
    }
}

fn path(levels: &[Level]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object(name) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(name);
            }
            Level::Array(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
    }
    path
}
