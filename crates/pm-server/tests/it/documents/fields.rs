//! Every documented field of a body is known, held to what is documented of it, and nothing else is taken.

use serde_json::{Value, json};

use super::schema::{Document, Operation, compiled, properties, required};
use super::stage::Stage;
use crate::harness::Answer;

/// Where a field stands: as a JSON pointer, and as problems name it.
#[derive(Clone)]
struct Place {
    pointer: String,
    name: String,
}

impl Place {
    const WHOLE: Self = Self { pointer: String::new(), name: String::new() };

    fn field(&self, name: &str) -> Self {
        let dot = if self.name.is_empty() { "" } else { "." };
        Self { pointer: format!("{}/{name}", self.pointer), name: format!("{}{dot}{name}", self.name) }
    }

    fn element(&self) -> Self {
        Self { pointer: format!("{}/0", self.pointer), name: format!("{}[0]", self.name) }
    }

    /// `body` with `value` in this place; `None` takes what is there away.
    fn set(&self, body: &Value, value: Option<Value>) -> Value {
        let mut body = body.clone();
        let (parent, name) = self.pointer.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap();
        match (value, parent.as_object_mut()) {
            (Some(value), Some(parent)) => drop(parent.insert(name.to_owned(), value)),
            (None, Some(parent)) => drop(parent.shift_remove(name)),
            (value, None) => parent[0] = value.unwrap(),
        }
        body
    }

    /// Whether the answer is a 422 that names this place, or one within it.
    fn named_by(&self, answer: &Answer) -> bool {
        let problem = answer.json();
        let mut errors = problem["errors"].as_array().into_iter().flatten();
        answer.status == 422
            && errors.any(|error| {
                let rest = error["field"].as_str().unwrap().strip_prefix(&self.name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
    }
}

/// Values of every kind, and those at and beyond each bound that `schema` has.
fn candidates(schema: &Value) -> Vec<Value> {
    let mut values = vec![
        json!("x"),
        json!("error"),
        json!("user"),
        json!("active"),
        json!("2126-03-05T14:07:00Z"),
        json!(1),
        json!(1.5),
        json!(-1),
        json!(true),
        json!({"a": "b"}),
        json!(["error"]),
        json!(["read"]),
        json!([1]),
        json!([]),
        json!(""),
        Value::Null,
    ];
    let alternatives = schema["oneOf"].as_array().into_iter().flatten().chain([schema]);
    for schema in alternatives {
        for (bound, step) in [("minimum", -1.0), ("maximum", 1.0)] {
            let Some(at) = schema[bound].as_f64() else { continue };
            values.extend([json!(at + step * 1.5), json!(at + step / 1000.0)]);
            values.extend(schema[bound].as_i64().map(|at| json!(at)));
            values.extend(schema[bound].as_i64().map(|at| json!(if step > 0.0 { at + 1 } else { at - 1 })));
        }
        for bound in ["minLength", "maxLength"] {
            let Some(at) = schema[bound].as_u64().and_then(|at| usize::try_from(at).ok()) else { continue };
            values.extend([at.saturating_sub(1), at, at + 1].map(|length| json!("x".repeat(length))));
        }
        if let Some(most) = schema["maxItems"].as_u64() {
            values.push(json!(vec![0; usize::try_from(most).unwrap() + 1]));
        }
    }
    values
}

/// Tries the field and those within it.
async fn try_field(stage: &Stage, operation: &Operation<'_>, body: &Value, place: &Place, schema: &Value) {
    let name = format!("{}: {}", operation.name(), place.name);
    let target = stage.target(operation);
    let validator = compiled(schema);
    let mut taken = false;
    for value in candidates(schema) {
        let valid = validator.is_valid(&value);
        let answer = stage.ask(operation, &target, place.set(body, Some(value.clone()))).await;
        let shown = value.to_string().chars().take(40).collect::<String>();
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!(place.named_by(&answer), !valid, "{name}: {shown}: {said}");
        taken |= valid;
    }
    assert!(taken, "{name}: no candidate is a value of it");
    if let Some(object) = object_in(schema) {
        Box::pin(try_object(stage, operation, &place.set(body, Some(json!({}))), place, object)).await;
    }
    if let Some(object) = object_in(&schema["items"]) {
        Box::pin(try_object(stage, operation, body, &place.element(), object)).await;
    }
}

/// The schema itself or, where null is taken too, the other alternative, if that is an object with named properties.
fn object_in(schema: &Value) -> Option<&Value> {
    let mut alternatives = schema["oneOf"].as_array().into_iter().flatten().chain([schema]);
    alternatives.find(|schema| !properties(schema).is_empty())
}

async fn try_object(stage: &Stage, operation: &Operation<'_>, body: &Value, place: &Place, schema: &Value) {
    let (name, target) = (operation.name(), stage.target(operation));
    let known = properties(schema);
    for (field, schema) in &known {
        try_field(stage, operation, body, &place.field(field), schema).await;
    }
    for field in required(schema) {
        let place = place.field(&field);
        let answer = stage.ask(operation, &target, place.set(body, None)).await;
        assert!(place.named_by(&answer), "{name} without {field}");
    }
    let colour = place.field("colour");
    let answer = stage.ask(operation, &target, colour.set(body, Some(json!("red")))).await;
    assert!(colour.named_by(&answer), "{name} took an unknown field of {:?}", place.name);
    // The message says which fields there are: those must be the documented ones.
    let problem = answer.json();
    let message = problem["errors"][0]["message"].as_str().unwrap();
    let (_, listed) = message.rsplit_once("the fields are ").unwrap_or_else(|| panic!("{message}"));
    let mut listed: Vec<_> = listed.split(", ").collect();
    let mut documented: Vec<_> = known.keys().map(String::as_str).collect();
    listed.sort_unstable();
    documented.sort_unstable();
    assert_eq!(listed, documented, "{name}: {:?}", place.name);
}

#[tokio::test]
async fn every_field_is_known_and_held_to_its_bounds() {
    let document = Document::read();
    let stage = Stage::set().await;
    let mut tried = 0;
    for operation in document.operations() {
        let Some(schema) = operation.body_schema() else { continue };
        let schema = document.closed(schema);
        let body = stage.body(&document, &operation);
        try_object(&stage, &operation, &body, &Place::WHOLE, &schema).await;
        tried += 1;
    }
    assert!(tried >= 7, "{tried} operations take a body");
}
