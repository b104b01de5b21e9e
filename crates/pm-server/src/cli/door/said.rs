//! What a server said, and whether it is what was asked for: something else may answer at an address.

use pm_core::input::{BODY_DEPTH, nests_deeper};
use pm_core::model::ProjectId;
use serde::Deserialize;
use serde_json::Value;

/// How deep an answer may nest: as deep as what was stored, within its item and a list or two.
const DEPTH: usize = BODY_DEPTH + 8;

/// What a server said: its status, body, and what of its headers matters.
pub(super) struct Said {
    pub(super) status: u16,
    /// The body, null where there is none; or why it is no JSON.
    pub(super) body: Result<Value, String>,
    pub(super) total: Option<u64>,
    pub(super) next: Option<String>,
    pub(super) evicted: Vec<String>,
    /// `Date`, as it came.
    pub(super) date: Option<String>,
}

/// What an answer must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Nothing,
    Object,
    /// An object with the id of a project.
    Project,
    List,
}

impl Shape {
    /// Whether the body has it; else what it should be.
    pub(super) fn check(self, body: &Value) -> Result<(), &'static str> {
        let (fits, wanted) = match self {
            Self::Nothing => (body.is_null(), "empty"),
            Self::Object => (body.is_object(), "an object"),
            Self::Project => {
                let id = body.get("id").and_then(Value::as_str);
                (id.and_then(ProjectId::parse).is_some(), "a project")
            }
            Self::List => (body.is_array(), "a list"),
        };
        if fits { Ok(()) } else { Err(wanted) }
    }
}

/// The JSON of a body; null where there is no body. It is taken as it is: what an older version stored is read too.
pub(in crate::cli) fn json(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if nests_deeper(text.as_bytes(), DEPTH) {
        return Err(format!("it nests more than {DEPTH} levels deep"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // The depth is bounded already, by more than the parser's own bound.
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_as_deep_as_it_was_stored() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(json(&nested(DEPTH)).is_ok());
        assert!(json(&nested(DEPTH + 1)).unwrap_err().contains("levels deep"));
        assert!(json(&nested(1_000_000)).is_err());
        assert_eq!(json(&format!("[{:?}]", nested(1000).replace(']', ""))).unwrap()[0], "[".repeat(1000));
        assert_eq!(json("").unwrap(), Value::Null);
        for wrong in ["<html>", "{} {}", "{", " "] {
            assert!(json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_none() {
        let project = json!({ "id": "0190a5d4-0000-7000-8000-000000000000" });
        for (shape, fits) in [
            (Shape::Nothing, Value::Null),
            (Shape::Object, json!({})),
            (Shape::List, json!([])),
            (Shape::Project, project),
        ] {
            assert_eq!(shape.check(&fits), Ok(()));
            for other in [json!("x"), json!(1)] {
                assert!(shape.check(&other).is_err(), "{shape:?} {other}");
            }
        }
        assert!(Shape::Project.check(&json!({ "id": "../x" })).is_err());
        assert!(Shape::Nothing.check(&json!({})).is_err() && Shape::Object.check(&Value::Null).is_err());
    }
}
