//! Ids of what lets somebody in.

use std::fmt;

use uuid::Uuid;

use super::hexadecimal;

/// The id of a key or a session: a UUID, written as 32 hexadecimal digits and no other way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::operations) struct CredentialId(u128);

impl CredentialId {
    /// Reads what somebody sent; `None`: that can be no id.
    pub(in crate::operations) fn parse(sent: &str) -> Option<Self> {
        hexadecimal::read(sent).map(|bytes| Self(u128::from_be_bytes(bytes)))
    }
}

impl From<Uuid> for CredentialId {
    fn from(id: Uuid) -> Self {
        Self(id.as_u128())
    }
}

impl From<CredentialId> for Uuid {
    fn from(id: CredentialId) -> Self {
        Self::from_u128(id.0)
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for text in ["0199d5f07d4e7cc398c4dc0c0c07398f", "00000000000000000000000000000000"] {
            assert_eq!(CredentialId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        }
        for odd in ["", "0", "../keys", "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f"] {
            assert_eq!(CredentialId::parse(odd), None, "{odd}");
        }
        assert_eq!(CredentialId::parse(&"A".repeat(32)), None);
    }
}
