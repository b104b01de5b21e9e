//! Several scopes.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::Scope;

/// Scopes, each once, smallest first; without a place of their own in memory, since every request looks at them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "Vec<Scope>")]
pub struct Scopes {
    /// Of each scope the bit of its number.
    bits: u8,
}

impl Scopes {
    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::NAMES.into_iter().map(|(_, scope)| scope).filter(move |scope| self.bits & bit(*scope) != 0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether the scope is among them, or contained in one of them.
    pub fn hold(self, scope: Scope) -> bool {
        // Each contains those before it.
        self.bits >= bit(scope)
    }
}

fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self { bits: scopes.into_iter().fold(0, |bits, scope| bits | bit(scope)) }
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        scopes.into_iter().collect()
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Scope::{Admin, Read, Write};
    use super::*;

    #[test]
    fn any_order_is_the_same_and_each_is_there_once() {
        let scopes: Scopes = serde_json::from_value(json!(["admin", "read", "read"])).unwrap();
        assert_eq!(scopes, [Read, Admin].into_iter().collect());
        assert_eq!(serde_json::to_value(scopes).unwrap(), json!(["read", "admin"]));
        assert_eq!(format!("{scopes:?}"), "[Read, Admin]");
        assert!(serde_json::from_value::<Scopes>(json!(["all"])).is_err());
    }

    #[test]
    fn what_they_hold_is_what_one_of_them_holds() {
        for bits in 0..8 {
            let scopes = Scopes { bits };
            assert_eq!(scopes.is_empty(), bits == 0);
            assert_eq!(scopes.iter().collect::<Scopes>(), scopes);
            for scope in [Read, Write, Admin] {
                assert_eq!(scopes.hold(scope), scopes.iter().any(|one| one >= scope), "{scopes:?} {scope:?}");
            }
        }
    }
}
