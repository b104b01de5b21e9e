//! The OpenAPI document: what the handlers declare, and what holds for all of them.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Declared;

use super::layers::gate::{Door, Gate};
use super::layers::limit;
use super::problem::{self, Code};
use super::schema;

/// The problems that any route may answer with.
const ALWAYS: [Code; 3] = [Code::InternalError, Code::StoreUnavailable, Code::ShuttingDown];
/// The problems of a JSON body.
const WITH_BODY: [Code; 5] = [
    Code::MalformedJson,
    Code::MalformedRequest,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationError,
];
/// The problems of a form.
const WITH_FORM: [Code; 4] =
    [Code::MalformedRequest, Code::PayloadTooLarge, Code::UnsupportedMediaType, Code::ValidationError];
/// The routes that also work under `/api`.
const ALIASED: [&str; 5] = ["/health", "/health/redis", "/health/ready", "/health/live", "/metrics"];

/// The server that asks most often for a credential.
const OPEN_TO_NOBODY: Gate = Gate { auth_required: true, documents: Door::Locked, metrics: Door::Locked };

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ai-pm",
        description = "The backend of an AI project manager: projects, their messages and a typed memory that is recalled. \
            Every error is a problem (RFC 9457) whose `code` machines can read.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(schema::Problem, schema::FieldError)),
    tags(
        (name = "projects", description = "The hard boundary around messages and memory"),
        (name = "memory", description = "Errors, solutions, context, dependencies: stored, recalled, deleted"),
        (name = "messages", description = "What the person, the AI project manager and the system say"),
        (name = "context", description = "What an assistant needs for its next answer"),
        (name = "auth", description = "Who may come in, and what he may do"),
        (name = "audit", description = "Who did what"),
        (name = "server", description = "The server itself"),
    )
)]
struct Base;

/// What is declared for the whole.
pub fn base() -> Declared {
    Base::openapi()
}

/// The document as it is served: `declared` with the problems of each route and the routes' other addresses.
pub fn finished(declared: &Declared) -> Value {
    let mut document = serde_json::to_value(declared).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths.iter_mut() {
            for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                add_problems(path, operation);
            }
        }
        for path in ALIASED {
            let Some(mut item) = paths.get(path).cloned() else { continue };
            if let Some(id) = item.pointer_mut("/get/operationId") {
                *id = Value::from(format!("api_{}", id.as_str().unwrap_or_default()));
            }
            paths.insert(format!("/api{path}"), item);
        }
    }
    add_security(&mut document);
    close_requests(&mut document);
    document
}

/// Says of what is sent that it has no other fields: those are refused.
fn close_requests(document: &mut Value) {
    let paths = document.get("paths").and_then(Value::as_object);
    let operations =
        paths.into_iter().flatten().filter_map(|(_, item)| item.as_object()).flat_map(Map::values);
    let bodies = operations.filter_map(|it| it.pointer("/requestBody/content/application~1json/schema"));
    let mut names: Vec<_> = bodies.filter_map(name_of).collect();
    let mut closed = Vec::new();
    while let Some(name) = names.pop() {
        let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}")) else { continue };
        if closed.contains(&name) {
            continue;
        }
        for place in schema["properties"].as_object().into_iter().flat_map(Map::values) {
            names.extend([place, &place["items"]].into_iter().filter_map(name_of));
        }
        // What `allOf` puts together is known to the whole alone.
        let whole = schema.get("allOf").is_some();
        let keyword = if whole { "unevaluatedProperties" } else { "additionalProperties" };
        if let Some(schema) = schema.as_object_mut().filter(|it| whole || it.contains_key("properties")) {
            schema.insert(keyword.to_owned(), Value::from(false));
        }
        closed.push(name);
    }
}

/// The name of the schema that this one refers to.
fn name_of(schema: &Value) -> Option<String> {
    let alternatives = schema["oneOf"].as_array().into_iter().flatten().chain([schema]);
    let mut found = alternatives.filter_map(|schema| schema["$ref"].as_str());
    found.next().and_then(|name| name.rsplit('/').next()).map(str::to_owned)
}

/// Says how a credential is sent, and where none is needed.
fn add_security(document: &mut Value) {
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        let schemes = json!({
            "bearer": {"type": "http", "scheme": "bearer", "description": "An API key or an access token"},
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key or an access token"},
            "password": {"type": "oauth2", "description": "The log-in of a user", "flows": {"password": {
                "tokenUrl": "/api/auth/token", "refreshUrl": "/api/auth/token", "scopes": {}}}},
        });
        components.insert("securitySchemes".to_owned(), schemes);
    }
    let either = json!([{"bearer": []}, {"api_key": []}, {"password": []}]);
    let neither = json!([{"bearer": []}, {"api_key": []}, {"password": []}, {}]);
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        let open = OPEN_TO_NOBODY.is_open(path);
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(operation) = operation.as_object_mut() {
                let needed = if Gate::asks_itself(path) { &neither } else { &either };
                operation.insert("security".to_owned(), if open { json!([]) } else { needed.clone() });
            }
        }
    }
}

/// Turns `x-problems`, a list of codes, into responses, with those that any such route may answer.
fn add_problems(path: &str, operation: &mut Value) {
    let Some(operation) = operation.as_object_mut() else { return };
    let may_be_left_out = operation.shift_remove("x-body-optional").is_some();
    if let Some(body) = operation.get_mut("requestBody").filter(|_| may_be_left_out) {
        body["required"] = Value::from(false);
    }
    let declared = operation.shift_remove("x-problems").unwrap_or_default();
    let declared = declared.as_array().cloned().unwrap_or_default();
    let mut codes: Vec<Code> = ALWAYS.to_vec();
    codes.extend(Code::ALL.into_iter().filter(|code| declared.iter().any(|name| name == code.name())));
    let body = operation.get("requestBody").and_then(|body| body["content"].as_object());
    if body.is_some_and(|content| content.contains_key("application/json")) {
        codes.extend(WITH_BODY);
    } else if body.is_some() {
        codes.extend(WITH_FORM);
    } else if operation.contains_key("parameters") {
        codes.extend([Code::ValidationError, Code::MalformedRequest]);
    }
    if !limit::is_exempt(path) {
        codes.push(Code::RateLimited);
    }
    if path.starts_with("/api/") {
        codes.push(Code::NotAcceptable);
    }
    if !OPEN_TO_NOBODY.is_open(path) && !codes.contains(&Code::Unauthorized) {
        codes.push(Code::Unauthorized);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for code in codes {
        add_response(responses, code);
    }
    responses.sort_keys();
}

fn add_response(responses: &mut Map<String, Value>, code: Code) {
    let (name, status, title) = code.row();
    let entry = responses.entry(status.to_string()).or_insert_with(|| json!({"description": ""}));
    let Some(entry) = entry.as_object_mut() else { return };
    if let Some(description) = entry.get("description").and_then(Value::as_str) {
        let separator = if description.is_empty() { "" } else { "; " };
        let description = format!("{description}{separator}`{name}`: {title}");
        entry.insert("description".to_owned(), Value::from(description));
    }
    let content = entry.entry("content").or_insert_with(|| json!({}));
    let Some(content) = content.as_object_mut() else { return };
    let problem = content
        .entry(problem::MEDIA_TYPE)
        .or_insert_with(|| json!({"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}));
    if let Some(examples) = problem.get_mut("examples").and_then(Value::as_object_mut) {
        let mut example = json!({
            "type": format!("urn:ai-pm:problem:{name}"), "title": title, "status": status,
            "detail": title, "code": name, "request_id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f",
        });
        if let Some(example) = example.as_object_mut().filter(|_| code == Code::ValidationError) {
            let errors = json!([{"field": "limit", "message": "must be between 1 and 1000, not 0"}]);
            example.insert("errors".to_owned(), errors);
        }
        if let Some(example) = example.as_object_mut().filter(|_| code == Code::SimilarExists) {
            let similar =
                json!({"type": "error", "key": "login-500", "similarity": 1.0, "value": "the cache is cold"});
            example.insert("similar".to_owned(), similar);
        }
        examples.insert(name.to_owned(), json!({ "value": example }));
    }
}
