//! Keys as their bearers hold them: `aipm_<public id>_<secret>`.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::ports::Digest;

const PREFIX: &str = "aipm_";
/// The public id of a key that is in no vault.
const BOOTSTRAP: &str = "bootstrap";
/// Hexadecimal digits of a public id, and of a secret of 256 bits.
const ID_DIGITS: usize = 32;
const SECRET_DIGITS: usize = 64;

/// A key with its secret. Shown once to whom it is made for, and never written down here.
pub struct KeyText {
    /// The public part, by which it is found.
    pub(super) id: String,
    pub(super) secret: [u8; 32],
}

impl KeyText {
    /// Reads what somebody sent; `None`: that can be no key.
    pub fn parse(sent: &str) -> Option<Self> {
        let (id, secret) = sent.strip_prefix(PREFIX)?.split_once('_')?;
        if !(id == BOOTSTRAP || is_id(id)) {
            return None;
        }
        Some(Self { id: id.to_owned(), secret: bytes(secret)? })
    }

    /// The whole key, to be handed over.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, hexadecimal(&self.secret))
    }

    /// What is kept of the secret. It has 256 random bits: nothing slower than SHA-256 would make it harder to guess.
    pub(in crate::operations) fn digest(&self) -> Digest {
        Sha256::digest(self.secret).into()
    }

    /// The key of a server without an administrator.
    pub(in crate::operations) fn bootstrap(secret: [u8; 32]) -> Self {
        Self { id: BOOTSTRAP.to_owned(), secret }
    }

    pub(in crate::operations) fn is_bootstrap(&self) -> bool {
        self.id == BOOTSTRAP
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({})", self.id)
    }
}

/// Whether this can be the public id of a key.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(is_digit)
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(super) fn hexadecimal(bytes: &[u8; 32]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| DIGITS.get(usize::from(digit))).collect()
}

/// The bytes of 64 hexadecimal digits in lower case.
pub(super) fn bytes(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != SECRET_DIGITS || !digits.bytes().all(is_digit) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_whole_keys_are_read() {
        let id = "0199d5f07d4e7cc398c4dc0c0c07398f";
        let secret = "00ff".repeat(16);
        let whole = format!("aipm_{id}_{secret}");
        let read = KeyText::parse(&whole).unwrap();
        assert_eq!((read.id.as_str(), read.expose()), (id, whole.clone()));
        assert!(!format!("{read:?}").contains("00ff"), "a secret is never printed");
        for odd in [
            String::new(),
            "aipm_".to_owned(),
            "aipm__".to_owned(),
            whole.to_uppercase(),
            format!("{whole}0"),
            format!(" {whole}"),
            whole.replace("aipm", "aipn"),
            whole.replace('f', "g"),
            format!("aipm_{id}"),
            format!("aipm_{secret}_{id}"),
            format!("aipm_{id}_{secret}_"),
            format!("aipm_*_{secret}"),
            format!("aipm_{}_{secret}", "é".repeat(16)),
            format!("aipm_{id}_{}", "é".repeat(32)),
        ] {
            assert!(KeyText::parse(&odd).is_none(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_or_refused(sent in ".{0,120}") {
            if let Some(read) = KeyText::parse(&sent) {
                prop_assert_eq!(read.expose(), sent);
            }
        }

        #[test]
        fn every_key_comes_back(secret in any::<[u8; 32]>()) {
            let id = "0199d5f07d4e7cc398c4dc0c0c07398f".to_owned();
            let text = KeyText { id, secret };
            prop_assert_eq!(KeyText::parse(&text.expose()).map(|read| read.secret), Some(secret));
        }
    }
}
