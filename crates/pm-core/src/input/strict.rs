//! JSON as strict as a memory that never loses anything needs it: no field twice, no NUL, no number that
//! would come back as another one, no bottomless nesting.

mod numbers;
mod outside;

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use self::outside::outside;
use super::Invalid;

/// The most levels that a request's JSON may nest.
pub const BODY_DEPTH: usize = 128;
/// The most levels that a value may nest: the body around it is one more.
pub const VALUE_DEPTH: usize = BODY_DEPTH - 1;

/// Why bytes were not taken as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// They are not JSON.
    Malformed(String),
    /// They are, but break a rule.
    Invalid(Invalid),
}

/// Reads `bytes` as JSON that nests at most `levels` deep.
pub fn parse(bytes: &[u8], levels: usize) -> Result<Value, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Unreadable::Malformed(format!(
            "the body is not UTF-8: the byte at offset {} is wrong",
            error.valid_up_to()
        ))
    })?;
    if nests_deeper(text.as_bytes(), levels) {
        return Err(Unreadable::Malformed(format!("the body nests more than {levels} levels deep")));
    }
    let place = RefCell::new(Place::default());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // `nests_deeper` has bounded the depth already, with the bound that we document.
    deserializer.disable_recursion_limit();
    let parsed = Strict(&place).deserialize(&mut deserializer);
    let parsed = parsed.and_then(|value| deserializer.end().map(|()| value));
    match (parsed, place.into_inner().fault) {
        (Ok(value), _) => numbers::check(text).map(|()| value).map_err(Unreadable::Invalid),
        (Err(_), Some(fault)) => Err(Unreadable::Invalid(fault)),
        // A number beyond a double is one that we refuse by name; to the parser it is no JSON.
        (Err(error), None) if error.to_string().starts_with("number out of range") => {
            match numbers::check(text) {
                Err(fault) => Err(Unreadable::Invalid(fault)),
                Ok(()) => Err(malformed(&error)),
            }
        }
        (Err(error), None) => Err(malformed(&error)),
    }
}

/// About how many bytes what [`parse`] makes of `text` takes, if it is JSON. An object of one field takes hundreds of
/// bytes where its text has eight.
pub fn weight(text: &[u8]) -> usize {
    const VALUE: usize = size_of::<Value>();
    // A map begins with room for four fields, each with its hash and its name, and an index of them.
    const OBJECT: usize = 4 * (size_of::<usize>() + size_of::<String>() + VALUE) + 64;
    // A `Vec` begins with room for four, and grows to twice as much as it needs.
    const ARRAY: usize = 4 * VALUE;
    let weights = outside(text).flatten().map(|byte| match byte {
        b'{' => OBJECT,
        b'[' => ARRAY,
        b',' => VALUE,
        _ => 0,
    });
    text.len() + weights.sum::<usize>()
}

fn malformed(error: &serde_json::Error) -> Unreadable {
    Unreadable::Malformed(format!("the body is not valid JSON: {error}"))
}

/// Whether arrays and objects nest deeper than `levels`: it is known before the parser recurses into them.
pub fn nests_deeper(text: &[u8], levels: usize) -> bool {
    let mut depth = 0_usize;
    for byte in outside(text).flatten() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > levels {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// How many levels of arrays and objects `value` nests; a scalar is 0.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Where the parser is, and the fault it met there.
#[derive(Default)]
struct Place {
    path: Vec<String>,
    fault: Option<Invalid>,
}

impl Place {
    fn refuse<E: serde::de::Error>(place: &RefCell<Self>, field: Option<&str>, message: &str) -> E {
        let mut place = place.borrow_mut();
        let mut fault = field.map_or_else(|| Invalid::here(message), |name| Invalid::field(name, message));
        for step in place.path.iter().rev() {
            fault = fault.within(step);
        }
        place.fault = Some(fault);
        E::custom("refused")
    }
}

/// Builds a [`Value`], refusing what `serde_json` would let pass.
struct Strict<'a>(&'a RefCell<Place>);

const NUL: &str = "holds the NUL character (U+0000), which is not taken";

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        if value.contains('\0') {
            return Err(Place::refuse(self.0, None, NUL));
        }
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        loop {
            self.0.borrow_mut().path.push(format!("[{}]", array.len()));
            let Some(element) = elements.next_element_seed(Strict(self.0))? else { break };
            self.0.borrow_mut().path.pop();
            array.push(element);
        }
        self.0.borrow_mut().path.pop();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if name.contains('\0') {
                return Err(Place::refuse(self.0, None, NUL));
            }
            if object.contains_key(&name) {
                return Err(Place::refuse(self.0, Some(&name), "is there twice in the same object"));
            }
            self.0.borrow_mut().path.push(name.clone());
            let value = entries.next_value_seed(Strict(self.0))?;
            self.0.borrow_mut().path.pop();
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
