//! Names that users give: compared byte by byte, never trimmed or normalised.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::input::{self, Invalid};

/// The most bytes of a key or a session id.
const NAME_BYTES: usize = 512;

fn check(text: &str) -> Result<(), Invalid> {
    if text.is_empty() || text.len() > NAME_BYTES {
        return Err(Invalid::here(format!("must have 1 to {NAME_BYTES} bytes of UTF-8, not {}", text.len())));
    }
    match text.chars().position(char::is_control) {
        Some(at) => {
            Err(Invalid::here(format!("holds a control character (character {}): remove it", at + 1)))
        }
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes 1 to 512 bytes of UTF-8 with no control character.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                check(text).map(|()| Self(text.into()))
            }

            /// Reads one from a JSON string.
            pub fn from_json(value: Value) -> Result<Self, Invalid> {
                Self::new(&input::string(value)?)
            }

            /// One that was checked when it was stored.
            pub fn stored(text: &str) -> Self {
                Self(text.into())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The key of a memory item, unique in its project among items of its type.
    Key
}
name! {
    /// What groups items and messages of one conversation.
    SessionId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_control_characters() {
        for good in ["a", &"k".repeat(512), " padded ", "a:*?[/%{..", "ключ", "鍵", "مفتاح", "🔑", ".", ".."]
        {
            assert_eq!(Key::new(good).unwrap().as_str(), good);
        }
        for bad in ["", &"k".repeat(513), "a\nb", "\0", "\u{7f}", "\u{85}", &"é".repeat(257)] {
            assert!(Key::new(bad).is_err(), "{bad:?}");
        }
    }
}
