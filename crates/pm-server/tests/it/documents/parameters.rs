//! Every documented parameter of a query string is known and held to what is documented of it; no other is taken.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::schema::{Document, Operation, compiled};
use super::stage::Stage;
use crate::harness::Answer;

const CANDIDATES: &[&str] = &[
    "1",
    "1000",
    "0",
    "1001",
    "-1",
    "0.5",
    "1.5",
    "-0.1",
    "true",
    "x",
    "error",
    "user",
    "active",
    "",
    "2026-03-05T14:07:00Z",
    "2026-03-05",
    "yesterday",
];

/// What the text stands for, as the schema reads it.
fn read(text: &str, schema: &Value) -> Value {
    let types = &schema["type"];
    let of =
        |name: &str| types == name || types.as_array().is_some_and(|all| all.iter().any(|it| it == name));
    let literal = of("integer") || of("number") || of("boolean");
    let read = if literal { serde_json::from_str(text).ok() } else { None };
    read.unwrap_or_else(|| Value::from(text))
}

fn names(answer: &Answer, field: &str) -> bool {
    let problem = answer.json();
    let mut errors = problem["errors"].as_array().into_iter().flatten();
    answer.status == 422 && errors.any(|error| error["field"] == field)
}

async fn with(stage: &Stage, operation: &Operation<'_>, body: &Value, name: &str, value: &str) -> Answer {
    let target = stage.target(operation);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with(&format!("{name}=")));
    let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
    let query: Vec<_> = kept.map(str::to_owned).chain([format!("{name}={value}")]).collect();
    stage.ask(operation, &format!("{path}?{}", query.join("&")), body.clone()).await
}

#[tokio::test]
async fn every_parameter_is_known_and_held_to_its_bounds() {
    let document = Document::read();
    let stage = Stage::set().await;
    let mut tried = 0;
    // What a delete refuses it refuses before it looks; what it takes would take the stage down.
    for operation in document.operations().into_iter().filter(|it| it.method == "GET") {
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().unwrap();
            let schema = document.closed(&parameter["schema"]);
            let validator = compiled(&schema);
            // Which values these take is said in words: it depends on the list.
            let worded = matches!(name, "sort" | "cursor" | "session_id" | "memory_types");
            for text in CANDIDATES {
                let answer = with(&stage, &operation, &Value::Null, name, text).await;
                let place = format!("{} {name}={text}: {}", operation.name(), answer.status);
                let valid = validator.is_valid(&read(text, &schema));
                assert!(worded || names(&answer, name) != valid, "{place}");
                assert!(
                    answer.status.is_success() || answer.status == 404 || answer.status == 422,
                    "{place}"
                );
            }
            tried += 1;
        }
    }
    assert!(tried >= 30, "{tried} parameters");
}

#[tokio::test]
async fn no_other_parameter_is_taken() {
    let document = Document::read();
    let stage = Stage::set().await;
    for operation in document.operations() {
        let server_itself = operation.declared["tags"][0] == "server";
        if server_itself {
            continue;
        }
        let body = stage.body(&document, &operation);
        let answer = with(&stage, &operation, &body, "colour", "red").await;
        answer.clone().invalid("colour");
        let problem = answer.json();
        let errors = problem["errors"].as_array().unwrap();
        let message =
            errors.iter().find(|error| error["field"] == "colour").unwrap()["message"].as_str().unwrap();
        let Some((_, listed)) = message.rsplit_once("the fields are ") else { continue };
        let documented =
            |place| operation.parameters(place).into_iter().map(|it| it["name"].as_str().unwrap());
        let query: Vec<_> = documented("query").collect();
        let listed: Vec<_> = listed.split(", ").filter(|name| !name.is_empty()).collect();
        for name in &query {
            assert!(listed.contains(name), "{}: {name} is documented and not known", operation.name());
        }
        for name in listed {
            let known = query.contains(&name) || documented("path").any(|it| it == name);
            assert!(known, "{}: {name} is known and not documented", operation.name());
        }
    }
    assert_eq!(stage.server.count(&stage.project).await, 1, "what was refused did nothing");
}
