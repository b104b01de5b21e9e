//! Ids that the server makes: UUIDs in their canonical text form.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that is this UUID.
            pub fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the canonical form (lower case, hyphens). Anything else cannot name a thing that
            /// exists, so it answers `None` and never reaches a store.
            pub fn parse(text: &str) -> Option<Self> {
                let uuid = Uuid::try_parse(text).ok()?;
                let mut canonical = Uuid::encode_buffer();
                (uuid.hyphenated().encode_lower(&mut canonical) == text).then_some(Self(uuid))
            }

            /// The UUID itself.
            pub fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

id! {
    /// The id of a project.
    ProjectId
}
id! {
    /// The id of a message.
    MessageId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_an_id() {
        let text = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";
        assert_eq!(ProjectId::parse(text).unwrap().to_string(), text);
        for odd in [
            "",
            "*",
            "0199D5F0-7D4E-7CC3-98C4-DC0C0C07398F",
            "0199d5f07d4e7cc398c4dc0c0c07398f",
            "{0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f",
        ] {
            assert_eq!(ProjectId::parse(odd), None, "{odd}");
        }
    }
}
