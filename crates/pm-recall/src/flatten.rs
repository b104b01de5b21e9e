//! JSON as plain text.

use serde_json::Value;

/// Calls `sink` with every object field name and scalar of `json`, in reading order; null gives nothing.
///
/// The nesting is kept on the heap, so that a deep value cannot overflow the stack.
pub(crate) fn each_text(json: &Value, mut sink: impl FnMut(&str)) {
    let mut pending = vec![(None, json)];
    while let Some((name, value)) = pending.pop() {
        if let Some(name) = name {
            sink(name);
        }
        match value {
            Value::Null => {}
            Value::Bool(true) => sink("true"),
            Value::Bool(false) => sink("false"),
            Value::Number(number) => sink(&number.to_string()),
            Value::String(text) => sink(text),
            Value::Array(values) => pending.extend(values.iter().rev().map(|value| (None, value))),
            Value::Object(fields) => {
                pending.extend(fields.iter().rev().map(|(name, value)| (Some(name.as_str()), value)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(json: &Value) -> Vec<String> {
        let mut texts = Vec::new();
        each_text(json, |text| texts.push(text.to_owned()));
        texts
    }

    #[test]
    fn field_names_and_scalars_come_in_reading_order() {
        let json = json!({"cause": ["pool", 7, null, {"retry": true}], "none": null, "rate": 1.5});
        assert_eq!(texts(&json), ["cause", "pool", "7", "retry", "true", "none", "rate", "1.5"]);
        assert_eq!(texts(&json!(null)), [""; 0]);
        assert_eq!(texts(&json!("text")), ["text"]);
    }

    #[test]
    fn depth_does_not_use_the_stack() {
        let mut deep = json!("bottom");
        for _ in 0..10_000 {
            deep = Value::Array(vec![deep]);
        }
        assert_eq!(texts(&deep), ["bottom"]);
        // serde_json drops recursively; unwind the nesting by hand.
        while let Value::Array(mut values) = deep {
            deep = values.pop().unwrap();
        }
    }
}
