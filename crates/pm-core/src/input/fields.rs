//! Reads the fields of one JSON object and gathers every fault in it.

use serde_json::{Map, Value};

use super::{FieldError, Invalid};

/// The fields of an object that are still to be read.
///
/// ```
/// use pm_core::input::{Fields, string};
/// let body = serde_json::json!({"name": "x", "colour": "red"});
/// let mut fields = Fields::of(body).unwrap();
/// let name = fields.required("name", string);
/// let faults = fields.finish(|| name).unwrap_err();
/// assert_eq!(faults.0[0].field, "colour");
/// ```
#[derive(Debug)]
pub struct Fields {
    left: Map<String, Value>,
    faults: Vec<FieldError>,
    known: Vec<&'static str>,
}

impl Fields {
    /// The fields of `value`, which must be an object.
    pub fn of(value: Value) -> Result<Self, Invalid> {
        match value {
            Value::Object(left) => Ok(Self { left, faults: Vec::new(), known: Vec::new() }),
            other => Err(Invalid::here(format!("must be a JSON object, not {}", kind(&other)))),
        }
    }

    /// The parameters of a query string, each a field with a string for its value. An empty one counts as absent.
    pub fn of_query(pairs: Vec<(String, String)>) -> Self {
        let mut fields = Self { left: Map::new(), faults: Vec::new(), known: Vec::new() };
        for (name, value) in pairs {
            if fields.left.contains_key(&name) {
                fields.note(Invalid::field(&name, "is there twice in the query string"));
            } else if value.contains('\0') || name.contains('\0') {
                fields.note(Invalid::field(
                    name.replace('\0', ""),
                    "holds the NUL character, which is not taken",
                ));
            } else {
                fields.left.insert(name, Value::String(value));
            }
        }
        fields
    }

    /// Reads a field that must be there; `None` says that a fault was noted.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        self.known.push(name);
        let Some(value) = self.left.remove(name) else {
            self.note(Invalid::field(name, "is missing"));
            return None;
        };
        self.keep(name, read(value))
    }

    /// Reads a field that may be absent; null counts as absent.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        self.known.push(name);
        match self.left.remove(name)? {
            Value::Null => None,
            value => self.keep(name, read(value)),
        }
    }

    /// Tells a field that is there, null included, from one that is not: what a merge patch needs.
    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name)
    }

    /// Passes a reader's result on, noting its faults under `name`.
    pub fn keep<T>(&mut self, name: &str, read: Result<T, Invalid>) -> Option<T> {
        read.map_err(|faults| self.note(faults.within(name))).ok()
    }

    /// Refuses a field that answers carry but writes may not.
    pub fn read_only(&mut self, name: &'static str) {
        if self.left.remove(name).is_some() {
            self.note(Invalid::field(name, "is set by the server: leave it out"));
        }
    }

    /// Notes faults found by other means.
    pub fn note(&mut self, faults: Invalid) {
        self.faults.extend(faults.0);
    }

    /// The whole, or every fault, unknown fields among them. `build` answers `None` only after a fault.
    pub fn finish<T>(mut self, build: impl FnOnce() -> Option<T>) -> Result<T, Invalid> {
        for name in self.left.keys() {
            let message = match self.known.as_slice() {
                [] => "is not known here: leave it out".to_owned(),
                known => format!("is not a field here: leave it out; the fields are {}", known.join(", ")),
            };
            self.faults.push(FieldError { field: name.clone(), message });
        }
        match build() {
            Some(whole) if self.faults.is_empty() => Ok(whole),
            _ => Err(Invalid(self.faults)),
        }
    }
}

/// What a JSON value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
