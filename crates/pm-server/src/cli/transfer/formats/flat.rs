//! Metadata of other tools as that of an item: scalars and lists of scalars.

use serde_json::{Map, Value};

/// Puts what `name` is into `metadata`: what is in an object under its path (`a.b`), a list that holds more than scalars as
/// its JSON text, null not at all. Where a name is taken, a number is put behind it.
pub(super) fn put(metadata: &mut Map<String, Value>, name: &str, value: Value) {
    let value = match value {
        Value::Null => return,
        Value::Object(fields) => {
            for (inner, value) in fields {
                put(metadata, &format!("{name}.{inner}"), value);
            }
            return;
        }
        Value::Array(elements) if elements.iter().any(|e| e.is_array() || e.is_object()) => {
            Value::from(Value::Array(elements).to_string())
        }
        value => value,
    };
    let mut free = name.to_owned();
    let mut number = 1;
    while metadata.contains_key(&free) {
        number += 1;
        free = format!("{name} ({number})");
    }
    metadata.insert(free, value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_things_are_laid_flat_and_nothing_is_lost() {
        let mut metadata = Map::new();
        put(&mut metadata, "a", json!({"b": {"c": 1, "d": null}, "e": ["x", 2]}));
        put(&mut metadata, "list", json!([1, {"deep": true}]));
        put(&mut metadata, "a.e", json!("again"));
        put(&mut metadata, "a.e", json!("and again"));
        put(&mut metadata, "none", json!(null));
        let flat = json!({"a.b.c": 1, "a.e": ["x", 2], "list": "[1,{\"deep\":true}]", "a.e (2)": "again",
            "a.e (3)": "and again"});
        assert_eq!(Value::Object(metadata), flat);
    }
}
