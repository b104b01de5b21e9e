//! What of a JSON text is no string: most of a body is strings, and they are skipped many bytes at a time.

use memchr::{memchr, memchr2};

/// The stretches of a JSON text before, between and behind its strings, whether they are JSON or not. A string that does not
/// end reaches to the end of the text.
pub(super) struct Outside<'a>(Option<&'a [u8]>);

/// The stretches of `text` that are outside of strings.
pub(super) fn outside(text: &[u8]) -> Outside<'_> {
    Outside(Some(text))
}

impl<'a> Iterator for Outside<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0?;
        let Some((stretch, string)) = memchr(b'"', text).and_then(|at| text.split_at_checked(at)) else {
            self.0 = None;
            return Some(text);
        };
        self.0 = behind(string.get(1..).unwrap_or_default());
        Some(stretch)
    }
}

/// What follows the string whose opening quote stands before `text`.
fn behind(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        let at = memchr2(b'"', b'\\', text)?;
        let is_escape = text.get(at) == Some(&b'\\');
        // An escape goes with what it escapes.
        text = text.get(at + 1 + usize::from(is_escape)..)?;
        if !is_escape {
            return Some(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte.
    fn oracle(text: &[u8]) -> Vec<u8> {
        let (mut kept, mut in_string, mut escaped) = (Vec::new(), false, false);
        for byte in text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                _ => kept.push(*byte),
            }
        }
        kept
    }

    proptest! {
        #[test]
        fn what_is_outside_of_strings_is_what_a_walk_byte_by_byte_finds(text in r#"["\\a1{\[,é]{0,24}"#) {
            prop_assert_eq!(outside(text.as_bytes()).collect::<Vec<_>>().concat(), oracle(text.as_bytes()));
        }
    }
}
