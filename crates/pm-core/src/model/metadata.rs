//! Metadata: small JSON objects that users attach.

use serde_json::Value;

use super::JsonText;
use crate::input::{self, Invalid, VALUE_DEPTH};

/// The most bytes of a metadata object as compact JSON.
pub const METADATA_BYTES: usize = 16 * 1024;

/// Compact JSON of at most `max` bytes.
pub(super) fn bounded(value: &Value, max: usize) -> Result<JsonText, Invalid> {
    if input::depth(value) > VALUE_DEPTH {
        return Err(Invalid::here(format!("nests more than {VALUE_DEPTH} levels deep")));
    }
    let text = JsonText::of(value);
    match text.as_str().len() {
        n if n > max => Err(Invalid::here(format!("has {n} bytes as compact JSON; at most {max} are taken"))),
        _ => Ok(text),
    }
}

/// Metadata of a project: any object.
pub(super) fn free(value: Value) -> Result<JsonText, Invalid> {
    bounded(&Value::Object(input::object(value)?), METADATA_BYTES)
}

/// Metadata of a memory item: scalars and lists of scalars, since it is searched like the text.
pub(super) fn flat(value: Value) -> Result<JsonText, Invalid> {
    let object = input::object(value)?;
    for (name, entry) in &object {
        let fits = match entry {
            Value::Object(_) => false,
            Value::Array(elements) => !elements.iter().any(|e| e.is_array() || e.is_object()),
            _ => true,
        };
        if !fits {
            return Err(Invalid::field(
                name,
                "must be a scalar or a list of scalars: flatten it, or put it into value",
            ));
        }
    }
    bounded(&Value::Object(object), METADATA_BYTES)
}
