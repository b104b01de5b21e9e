//! Users: people who log in with a name and a password.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Grant;
use crate::input::{self, Fields, Invalid};

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

impl UserDraft {
    /// Reads `{name, password, scopes, projects?}`.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let name = fields.required("name", |value| UserName::new(&input::string(value)?));
        let password = fields.required("password", |value| Password::new(input::string(value)?));
        let grant = Grant::read(&mut fields);
        fields.finish(|| Some(Self { name: name?, password: password?, grant: grant? }))
    }
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
            return Err(Invalid::here(message));
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
            return Err(Invalid::here(message));
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
    use serde_json::json;

    use super::*;
    use crate::model::Scope;

    #[test]
    fn names_are_of_few_characters() {
        for name in ["a", "ada.lovelace+x@example.org", "A-1_2", &"x".repeat(64)] {
            assert_eq!(UserName::new(name).unwrap().as_str(), name);
        }
        for name in ["", " ", "a b", "é", "a/b", "a:b", "a\n", "*", &"x".repeat(65)] {
            assert!(UserName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn passwords_have_a_least_length_and_are_not_shown() {
        let password = Password::new("pässwörd".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password");
        for odd in ["", "seven77", "ééééééé", &"x".repeat(1025)] {
            assert!(Password::new(odd.to_owned()).is_err(), "{odd}");
        }
    }

    #[test]
    fn drafts_are_read_strictly() {
        let id = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";
        let good = json!({"name": "ada", "password": "long enough", "scopes": ["write", "read", "read"]});
        let draft = UserDraft::new(good.clone()).unwrap();
        assert_eq!(
            (draft.name.as_str(), draft.grant.scopes),
            ("ada", vec![Scope::Read, Scope::Write].into())
        );
        for (field, value) in [
            ("name", json!("a b")),
            ("name", json!(7)),
            ("password", json!("short")),
            ("scopes", json!([])),
            ("projects", json!([])),
            ("colour", json!("red")),
        ] {
            let mut body = good.clone();
            body[field] = value;
            assert_eq!(UserDraft::new(body.clone()).unwrap_err().0[0].field, field, "{body}");
        }
        let bound = json!({"name": "ada", "password": "long enough", "scopes": ["admin"], "projects": [id]});
        assert_eq!(UserDraft::new(bound).unwrap_err().0[0].field, "scopes");
    }
}
