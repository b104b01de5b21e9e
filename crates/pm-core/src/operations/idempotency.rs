//! Idempotency keys: what makes a repeated write answer as the first did.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::input::Invalid;
use crate::ports::{Once, Stamp};

/// The most bytes of an idempotency key.
pub const IDEMPOTENCY_KEY_BYTES: usize = 255;
/// How long a repeat gets the first answer again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// A write that its caller may repeat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idempotency {
    scope: [u8; 32],
    fingerprint: [u8; 32],
}

impl Idempotency {
    /// A write asked for by `principal` under `key`; `action` is the method and path that ask for it, `body` what it
    /// says, compared as JSON.
    pub fn new(principal: &str, action: &str, key: &str, body: &Value) -> Result<Self, Invalid> {
        if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES {
            let message = format!("must have 1 to {IDEMPOTENCY_KEY_BYTES} bytes, not {}", key.len());
            return Err(Invalid::field("Idempotency-Key", message));
        }
        let mut scope = Sha256::new();
        for part in [principal, action, key] {
            // The length in front keeps the parts apart whatever they hold.
            scope.update(part.len().to_le_bytes());
            scope.update(part);
        }
        let mut fingerprint = Sha256::new();
        digest(body, &mut fingerprint);
        Ok(Self { scope: scope.finalize().into(), fingerprint: fingerprint.finalize().into() })
    }

    /// What the store keeps of it.
    pub(super) fn once(&self, id: Uuid, now: Timestamp) -> Once {
        Once {
            scope: self.scope,
            fingerprint: self.fingerprint,
            stamp: Stamp { id, at: now },
            expires_at: now.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Feeds `value` to `hash` so that equal JSON, whatever its spacing and the order of its fields, is equal.
/// Depth is bounded by the parser.
fn digest(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            hash.update(format!("{{{}", names.len()));
            for (name, value) in names {
                digest(&Value::from(name.as_str()), hash);
                digest(value, hash);
            }
        }
        Value::Array(elements) => {
            hash.update(format!("[{}", elements.len()));
            for element in elements {
                digest(element, hash);
            }
        }
        Value::String(text) => {
            hash.update(format!("\"{}:", text.len()));
            hash.update(text);
        }
        scalar => hash.update(format!("{scalar};")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_are_compared_as_json() {
        let of = |body| Idempotency::new("p", "POST /x", "k", &body).unwrap();
        assert_eq!(of(json!({"a": 1, "b": [true, null]})), of(json!({"b": [true, null], "a": 1})));
        assert_ne!(of(json!({"a": [1, 2]})), of(json!({"a": [2, 1]})));
        assert_ne!(of(json!({"a": "1"})), of(json!({"a": 1})));
        assert_ne!(of(json!({"a": [[], []]})), of(json!({"a": [[[]]]})));
    }

    #[test]
    fn principal_action_and_key_are_kept_apart() {
        let of = |p, a, k| Idempotency::new(p, a, k, &json!({})).unwrap();
        assert_ne!(of("ab", "c", "d"), of("a", "bc", "d"));
        assert_ne!(of("a", "b", "cd"), of("a", "bc", "d"));
        assert!(Idempotency::new("p", "a", "", &json!({})).is_err());
        assert!(Idempotency::new("p", "a", &"k".repeat(256), &json!({})).is_err());
        assert!(Idempotency::new("p", "a", &"k".repeat(255), &json!({})).is_ok());
    }
}
