//! The OpenAPI document: what it says of itself, and that the server does what it says.

mod fields;
mod page;
mod parameters;
mod routes;
mod schema;
mod stage;
mod walk;

use std::collections::HashSet;

use serde_json::Value;

use crate::harness::TestServer;
use schema::compiled;
pub use schema::{Document, Operation};
pub use stage::{LOGIN, Stage};

#[tokio::test]
async fn the_document_is_served_as_it_is_committed() {
    let server = TestServer::start().await;
    let served = server.get("/openapi.json").await.expect(200);
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.json(), Document::read().0);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    if let Ok(committed) = std::fs::read_to_string(committed) {
        let now = serde_json::to_string_pretty(&served.json()).unwrap() + "\n";
        assert!(committed == now, "openapi.json is out of date: run `cargo xtask openapi`");
    }
}

#[test]
fn it_is_openapi_3_1_and_says_what_it_is() {
    let Document(document) = Document::read();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["info"]["title"], "ai-pm");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn every_operation_says_what_it_does() {
    let document = Document::read();
    let tags: Vec<_> = document.0["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    let mut ids = HashSet::new();
    for operation in document.operations() {
        let (name, declared) = (operation.name(), operation.declared);
        assert!(declared["summary"].as_str().is_some_and(|summary| summary.len() > 5), "{name}: no summary");
        assert!(tags.contains(&declared["tags"][0]), "{name}: no tag of the document's");
        let id = declared["operationId"].as_str().unwrap_or_else(|| panic!("{name}: no operationId"));
        assert!(ids.insert(id), "{name}: operationId {id} again");
        for parameter in declared["parameters"].as_array().into_iter().flatten() {
            let text = parameter["description"].as_str().unwrap_or_default();
            let known =
                ["status", "role", "type", "session_id"].iter().any(|plain| parameter["name"] == *plain);
            assert!(known || !text.is_empty(), "{name}: {} is not described", parameter["name"]);
        }
        for (status, response) in declared["responses"].as_object().unwrap() {
            let text = response["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name}: {status} is not described");
        }
    }
}

#[test]
fn every_example_fits_its_schema() {
    let document = Document::read();
    let mut bodies = 0;
    for operation in document.operations() {
        let Some(schema) = operation.body_schema() else { continue };
        let closed = document.closed(schema);
        let example = &closed["example"];
        assert!(compiled(&closed).is_valid(example), "{}: {example}", operation.name());
        bodies += 1;
    }
    assert!(bodies >= 7, "{bodies} operations take a body");
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        let Some(example) = schema.get("example") else { continue };
        let fault = document.validator(schema).validate(example).map_err(|fault| fault.to_string());
        assert_eq!(fault, Ok(()), "{name}");
    }
}

/// The codes of the contract with their statuses; those of what this version does not have yet are left out.
const CODES: &[(u16, &str)] = &[
    (400, "malformed_json"),
    (400, "malformed_request"),
    (401, "unauthorized"),
    (403, "forbidden"),
    (404, "project_not_found"),
    (404, "key_not_found"),
    (404, "memory_not_found"),
    (404, "message_not_found"),
    (406, "not_acceptable"),
    (409, "project_archived"),
    (409, "memory_limit_reached"),
    (409, "similar_exists"),
    (409, "conflict"),
    (412, "precondition_failed"),
    (413, "payload_too_large"),
    (415, "unsupported_media_type"),
    (422, "validation_error"),
    (422, "idempotency_mismatch"),
    (429, "rate_limited"),
    (500, "internal_error"),
    (503, "store_unavailable"),
    (503, "shutting_down"),
];

#[test]
fn problems_are_documented_in_the_shape_they_have() {
    let document = Document::read();
    let shape = document.validator(&document.0["components"]["schemas"]["Problem"]);
    let mut met = HashSet::new();
    for operation in document.operations() {
        for (status, response) in operation.declared["responses"].as_object().unwrap() {
            let status: u16 = status.parse().unwrap();
            let content = response.pointer("/content/application~1problem+json");
            assert!(status < 400 || content.is_some(), "{}: {status}", operation.name());
            for (code, example) in content.and_then(|it| it["examples"].as_object()).into_iter().flatten() {
                let example = &example["value"];
                let place = format!("{} {status} {code}: {example}", operation.name());
                assert!(CODES.contains(&(status, code)), "{place}");
                assert_eq!(
                    (&example["code"], &example["status"]),
                    (&Value::from(code.as_str()), &status.into())
                );
                let fault = shape.validate(example).map_err(|fault| fault.to_string());
                assert_eq!(fault, Ok(()), "{place}");
                assert_eq!(example.get("errors").is_some(), code == "validation_error", "{place}");
                met.insert((status, code.clone()));
            }
        }
        assert!(operation.problems(500).contains(&"internal_error"), "{}", operation.name());
        assert!(operation.problems(503).contains(&"store_unavailable"), "{}", operation.name());
    }
    for (status, code) in CODES {
        assert!(met.contains(&(*status, (*code).to_owned())), "{code} is documented nowhere");
    }
}

#[test]
fn the_first_versions_deletes_are_marked_deprecated_and_nothing_else_is() {
    let document = Document::read();
    let deprecated = document.operations().into_iter().filter(|it| it.declared["deprecated"] == true);
    let mut deprecated: Vec<_> = deprecated.map(|operation| operation.name()).collect();
    deprecated.sort();
    assert_eq!(deprecated, ["DELETE /api/memory/{key}", "DELETE /api/memory/{project_id}/{key}"]);
}
