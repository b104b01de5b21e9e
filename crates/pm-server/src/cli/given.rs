//! What is given on the command line or on standard input.

use std::io::{self, IsTerminal, Read};

use pm_core::input::{self, BODY_DEPTH, Unreadable};
use serde_json::{Map, Value};

use super::failure::Failure;

/// The most bytes that are read: a value of the largest size with every character escaped fits.
const INPUT: u64 = 2 * 1024 * 1024;

/// Text from the command line; `-`, or nothing where standard input is no terminal, is read from there.
pub(super) fn text(given: Option<String>, what: &str) -> Result<String, Failure> {
    match given {
        Some(text) if text != "-" => Ok(text),
        None if io::stdin().is_terminal() => {
            Err(Failure::usage(format!("give {what}, or - to read it from standard input")))
        }
        _ => of_stdin(),
    }
}

fn of_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().take(INPUT + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    if text.len() as u64 > INPUT {
        return Err(Failure::usage(format!("standard input: has more than {INPUT} bytes")));
    }
    // The end of a line is no part of what was said.
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// JSON as the API takes it.
pub(super) fn json(text: &str, what: &str) -> Result<Value, Failure> {
    input::parse(text.as_bytes(), BODY_DEPTH).map_err(|fault| match fault {
        Unreadable::Malformed(detail) => Failure::usage(format!("{what}: {detail}")),
        Unreadable::Invalid(invalid) => invalid.into(),
    })
}

/// A body as the API takes it: with no NUL in it. All else that `input::parse` looks for is known of what is a value already.
pub(super) fn taken(body: Value) -> Result<Value, Failure> {
    if !holds_nul(&body) {
        return Ok(body);
    }
    match input::parse(body.to_string().as_bytes(), BODY_DEPTH) {
        Err(Unreadable::Invalid(invalid)) => Err(invalid.into()),
        Err(Unreadable::Malformed(detail)) => Err(Failure::coded("malformed_json", detail)),
        Ok(_) => Ok(body),
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_nul),
        Value::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Metadata out of `name=value`. What is a number, true or false is that; a name that comes again has a list. A number that would
/// be written otherwise, such as the version 1.10, is text.
pub(super) fn metadata(pairs: &[String]) -> Result<Option<Value>, Failure> {
    let mut metadata = Map::new();
    for pair in pairs {
        let Some((name, text)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::usage(format!("--meta {pair:?}: must be NAME=VALUE")));
        };
        let value = match serde_json::from_str(text) {
            Ok(value @ Value::Bool(_)) => value,
            Ok(Value::Number(number)) if number.to_string() == text => Value::Number(number),
            _ => Value::from(text),
        };
        match metadata.get_mut(name) {
            None => {
                metadata.insert(name.to_owned(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    Ok((!metadata.is_empty()).then_some(Value::Object(metadata)))
}

/// A number that is one: JSON has no others.
pub(super) fn finite(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("must be a number that is finite".to_owned()) }
}

/// A time as the API takes it: a day alone is its beginning, in UTC.
pub(super) fn time(text: String) -> String {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) if text.len() == "2026-03-01".len() => format!("{day}T00:00:00Z"),
        _ => text,
    }
}

/// Adds the fields that are there.
pub(super) fn put(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(value), Some(object)) = (value, body.as_object_mut()) {
        object.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_day_is_its_beginning() {
        assert_eq!(time("2026-03-01".to_owned()), "2026-03-01T00:00:00Z");
        for other in ["2026-03-01T09:00:00+02:00", "20260301", "2026-02-30", "yesterday", ""] {
            assert_eq!(time(other.to_owned()), other);
        }
    }

    #[test]
    fn what_json_has_no_word_for_is_no_number() {
        assert_eq!((finite("0.5"), finite("1e-3")), (Ok(0.5), Ok(0.001)));
        for wrong in ["nan", "inf", "-infinity", "1e999", "much", ""] {
            assert!(finite(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_is_scalars_and_lists_of_them() {
        let read =
            |pairs: &[&str]| metadata(&pairs.iter().map(|pair| (*pair).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&[]).unwrap(), None);
        let pairs = ["file=a=b", "n=1.5", "ok=true", "tag=x", "tag=2", "tag=", "text=\"q\"", "none=null"];
        let wanted = json!({"file": "a=b", "n": 1.5, "ok": true, "tag": ["x", 2, ""], "text": "\"q\"", "none": "null"});
        assert_eq!(read(&pairs).unwrap(), Some(wanted));
        let same = ["1.10", "007", "1e5", "-0", "+1", "1.0000000000000000001", "0x10"];
        for text in same {
            assert_eq!(read(&[&format!("version={text}")]).unwrap(), Some(json!({ "version": text })));
        }
        for wrong in ["file", "=x", ""] {
            assert_eq!(read(&[wrong]).unwrap_err().exit, 2, "{wrong}");
        }
    }
}
