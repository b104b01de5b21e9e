//! Keys as their bearers hold them: `aipm_<public id>_<secret>`.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::operations::access::{CredentialId, hexadecimal};
use crate::ports::Digest;

const PREFIX: &str = "aipm_";
/// The public id of a key that is in no vault.
const BOOTSTRAP: &str = "bootstrap";
/// Hexadecimal digits of every other public id.
const ID_DIGITS: usize = 32;

/// A key with its secret. Shown once to whom it is made for, and never written down here.
pub struct KeyText {
    /// The public part, by which it is found; `None`: it is the bootstrap key, which no vault has.
    pub(in crate::operations) id: Option<CredentialId>,
    pub(super) secret: [u8; 32],
}

impl KeyText {
    /// Reads what somebody sent; `None`: that can be no key.
    pub fn parse(sent: &str) -> Option<Self> {
        let rest = sent.strip_prefix(PREFIX)?;
        let (id, rest) = if let Some(rest) = rest.strip_prefix(BOOTSTRAP) {
            (None, rest)
        } else {
            let (id, rest) = rest.split_at_checked(ID_DIGITS)?;
            (Some(CredentialId::parse(id)?), rest)
        };
        Some(Self { id, secret: hexadecimal::read(rest.strip_prefix('_')?)? })
    }

    /// The whole key, to be handed over.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}_{}", self.shown_id(), hexadecimal::write(&self.secret))
    }

    /// What is kept of the secret. It has 256 random bits: nothing slower than SHA-256 would make it harder to guess.
    pub(in crate::operations) fn digest(&self) -> Digest {
        Sha256::digest(self.secret).into()
    }

    /// The key of a server without an administrator.
    pub(in crate::operations) fn bootstrap(secret: [u8; 32]) -> Self {
        Self { id: None, secret }
    }

    fn shown_id(&self) -> String {
        self.id.map_or_else(|| BOOTSTRAP.to_owned(), |id| id.to_string())
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({})", self.shown_id())
    }
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
        assert_eq!((read.shown_id().as_str(), read.expose()), (id, whole.clone()));
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
            format!("aipm_bootstrap{secret}"),
            format!("aipm_bootstrap_{id}_{secret}"),
            format!("aipm_bootstrap{id}_{secret}"),
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
            let id = CredentialId::parse("0199d5f07d4e7cc398c4dc0c0c07398f");
            let text = KeyText { id, secret };
            prop_assert_eq!(KeyText::parse(&text.expose()).map(|read| read.secret), Some(secret));
        }
    }
}
