//! Users: people who log in with a name and a password.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Grant;
use crate::input::Invalid;

/// The most characters of a name.
const NAME: usize = 64;
/// The fewest characters of a password (NIST SP 800-63B), and the most bytes.
const PASSWORD_CHARACTERS: usize = 8;
const PASSWORD_BYTES: usize = 1024;

/// A user, without his password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// By which he logs in.
    pub name: UserName,
    /// What he may do.
    #[serde(flatten)]
    pub grant: Grant,
    /// When he was made known.
    pub created_at: Timestamp,
}

/// A user to be made known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserDraft {
    /// By which he will log in.
    pub name: UserName,
    /// With which he will.
    pub password: Password,
    /// What he may do.
    pub grant: Grant,
}

/// The name of a user: 1 to 64 ASCII letters, digits and `._@+-`, so that no two look alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UserName(String);

impl UserName {
    /// Takes a name.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        let known = |it: u8| it.is_ascii_alphanumeric() || b"._@+-".contains(&it);
        if name.is_empty() || name.len() > NAME || !name.bytes().all(known) {
            let message = format!("must be 1 to {NAME} letters, digits and ._@+- of ASCII");
            return Err(Invalid::field("name", message));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password that somebody chose. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes a password that is long enough to be chosen.
    pub fn new(text: String) -> Result<Self, Invalid> {
        if text.chars().count() < PASSWORD_CHARACTERS || text.len() > PASSWORD_BYTES {
            let message = format!(
                "must have {PASSWORD_CHARACTERS} characters or more, and at most {PASSWORD_BYTES} bytes"
            );
            return Err(Invalid::field("password", message));
        }
        Ok(Self(text))
    }

    /// What somebody says that his password is.
    pub fn claimed(text: String) -> Self {
        Self(text)
    }

    /// Its bytes, for what compares them.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_few_characters() {
        for name in ["a", "ada.lovelace+x@example.org", "A-1_2", &"x".repeat(64)] {
            assert_eq!(UserName::new(name).unwrap().as_str(), name);
        }
        for name in ["", " ", "a b", "é", "a/b", "a:b", "a\n", "*", &"x".repeat(65)] {
            let faults = UserName::new(name).unwrap_err().0;
            assert_eq!(faults[0].field, "name", "{name}");
        }
    }

    #[test]
    fn passwords_have_a_least_length_and_are_not_shown() {
        let password = Password::new("pässwörd".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password");
        for odd in ["", "seven77", "ééééééé", &"x".repeat(1025)] {
            assert_eq!(Password::new(odd.to_owned()).unwrap_err().0[0].field, "password", "{odd}");
        }
    }
}
