//! What people call somebody.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The most bytes that have their place in the name itself.
const SHORT: usize = 22;

/// A name. A short one lies where it is held and not in a place of its own, which with many keys would have to be waited for.
#[derive(Clone)]
pub struct Name(Text);

#[derive(Clone)]
enum Text {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

impl Name {
    /// Its text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It is a text always, since it was made of one.
            Text::Short { length, bytes } => bytes
                .get(..usize::from(*length))
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .unwrap_or_default(),
            Text::Long(text) => text,
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Text::Short { length, bytes })
            }
            _ => Self(Text::Long(text.into())),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_was_given() {
        assert_eq!(size_of::<Name>(), 24);
        for length in [0, 1, SHORT - 2, SHORT - 1, SHORT, SHORT + 1, 255, 256, 300] {
            for text in ["x".repeat(length), "é".repeat(length / 2)] {
                let name = Name::from(text.as_str());
                assert_eq!((name.as_str(), &format!("{name:?}")), (text.as_str(), &format!("{text:?}")));
                assert_eq!(name.clone(), name);
                assert_ne!(name, Name::from(format!("{text}x").as_str()));
                assert_eq!(matches!(name.0, Text::Short { .. }), text.len() <= SHORT);
            }
        }
    }
}
