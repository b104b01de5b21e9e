//! Every documented operation, asked of a running server: what it answers is what is documented.

use http::Method;
use serde_json::{Value, json};

use super::schema::{Document, Operation};
use super::stage::Stage;
use crate::harness::Answer;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Headers that an answer has only where there is something to say.
const SOMETIMES: &[&str] = &["Link", "X-Evicted-Key"];

/// Checks an answer against what is documented for its status.
#[track_caller]
fn check(document: &Document, operation: &Operation<'_>, answer: &Answer) {
    let (name, status) = (operation.name(), answer.status.as_u16());
    let body = String::from_utf8_lossy(&answer.body);
    let response =
        operation.response(status).unwrap_or_else(|| panic!("{name}: {status} is not documented: {body}"));
    for header in response["headers"].as_object().into_iter().flatten().map(|(header, _)| header) {
        let there = !answer.header(header).is_empty();
        assert!(there || SOMETIMES.contains(&header.as_str()), "{name}: {status} without {header}");
    }
    let Some(content) = response["content"].as_object() else {
        assert!(body.is_empty(), "{name}: {status} is documented without a body: {body}");
        return;
    };
    let sort = answer.header("content-type").split(';').next().unwrap();
    let media = content.get(sort).unwrap_or_else(|| panic!("{name}: {status} as {sort} is not documented"));
    if sort == "text/plain" {
        return;
    }
    let fault = document.validator(&media["schema"]).validate(&answer.json()).map_err(|it| it.to_string());
    assert_eq!(fault, Ok(()), "{name}: {status} {body}");
    if sort == "application/problem+json" {
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        assert!(operation.problems(status).contains(&code.as_str()), "{name}: {code} is not documented");
    }
}

#[tokio::test]
async fn every_operation_succeeds_as_documented() {
    let document = Document::read();
    let mut stage = Stage::set().await;
    let (mut walked, mut statuses) = (0, Vec::new());
    for operation in document.operations() {
        let name = operation.name();
        // Twice, since the second time may find what the first has made; only then is there nothing to delete.
        for _ in 0..if operation.method == "DELETE" { 1 } else { 2 } {
            let (target, body) = (stage.target(&operation), stage.good_body(&document, &operation).await);
            let answer = stage.ask(&operation, &target, body).await;
            assert!(answer.status.is_success(), "{name}: {}", String::from_utf8_lossy(&answer.body));
            check(&document, &operation, &answer);
            statuses.push((name.clone(), answer.status.as_u16()));
        }
        if operation.method == "DELETE" {
            stage.renew().await;
        }
        walked += 1;
    }
    assert!(walked >= 30, "{walked} operations");
    for documented in document.operations() {
        let success = documented.declared["responses"].as_object().unwrap().keys();
        for status in success.map(|status| status.parse().unwrap()).filter(|status| *status < 300) {
            // An item's address is taken by the stage's own item.
            let met = statuses.contains(&(documented.name(), status));
            assert!(
                met || (documented.method == "PUT" && status == 201),
                "{}: no {status}",
                documented.name()
            );
        }
    }
}

#[tokio::test]
async fn every_operation_works_with_a_trailing_slash() {
    let document = Document::read();
    let mut stage = Stage::set().await;
    for operation in document.operations() {
        let (target, body) = (stage.target(&operation), stage.good_body(&document, &operation).await);
        let target = match target.split_once('?') {
            Some((path, query)) => format!("{path}/?{query}"),
            None => format!("{target}/"),
        };
        let answer = stage.ask(&operation, &target, body).await;
        assert!(answer.status.is_success(), "{target}: {}", String::from_utf8_lossy(&answer.body));
        check(&document, &operation, &answer);
        if operation.method == "DELETE" {
            stage.renew().await;
        }
    }
}

#[tokio::test]
async fn every_operation_fails_as_documented() {
    let document = Document::read();
    let stage = Stage::set().await;
    for operation in document.operations().into_iter().filter(|it| it.path.starts_with("/api/")) {
        let name = operation.name();
        let method: Method = operation.method.parse().unwrap();
        let (target, body) = (stage.target(&operation), stage.body(&document, &operation));
        let missing = |text: &str| text.replace(&stage.project, NOBODY);
        let mut failures = Vec::new();
        if target.contains(&stage.project) || body.to_string().contains(&stage.project) {
            let body = serde_json::from_str(&missing(&body.to_string())).unwrap();
            let answer = stage.ask(&operation, &missing(&target), body).await;
            answer.clone().problem(404, "project_not_found");
            failures.push(answer);
        }
        if !body.is_null() {
            for (status, sort, bytes) in [
                (400, "application/json", "{\"a\":".to_owned()),
                (415, "text/plain", body.to_string()),
                (422, "application/json", json!({"colour": "red"}).to_string()),
                (422, "application/json", "[]".to_owned()),
                (413, "application/json", " ".repeat(8_388_609)),
            ] {
                let request = http::Request::builder().method(method.clone()).uri(&target);
                let (name, key) = stage.credential();
                let request = request.header(name, key).header("content-type", sort).body(bytes.into());
                failures.push(stage.server.send(request.unwrap()).await.expect(status));
            }
        }
        // That a delete by key honours conditions is tested in headers.rs.
        let by_key = operation.method == "DELETE" && operation.path.starts_with("/api/memory");
        for parameter in operation.parameters("header").into_iter().filter(|_| !by_key) {
            let header = parameter["name"].as_str().unwrap();
            let (value, status) = match (header, operation.method.as_str()) {
                ("If-Match", _) => ("\"no\"", 412),
                ("If-None-Match", "GET") => ("*", 304),
                // Nothing is there yet: that a store heeds it is tested in projects.rs.
                ("If-None-Match", "DELETE" | "POST") => continue,
                ("If-None-Match", _) => ("*", 412),
                ("Idempotency-Key", _) => ("", 422),
                _ => panic!("{name}: {header} is new to this test"),
            };
            let answer = stage
                .server
                .call(method.clone(), &target, &[stage.credential(), (header, value)], body.clone())
                .await;
            failures.push(answer.expect(status));
        }
        if !matches!(operation.path, "/api/metrics") && !operation.path.starts_with("/api/health") {
            let accept = [stage.credential(), ("accept", "text/html")];
            failures.push(stage.server.call(method, &target, &accept, body).await.expect(406));
        }
        for answer in &failures {
            check(&document, &operation, answer);
        }
    }
    let kept = stage.server.get(&format!("/api/projects/{}/memory", stage.project)).await.expect(200);
    assert_eq!(kept.each("key"), ["k"], "what failed did nothing");
}

#[tokio::test]
async fn an_archived_or_full_project_answers_as_documented() {
    let document = Document::read();
    let stage = Stage::set().await;
    let path = format!("/api/projects/{}", stage.project);
    stage.server.patch(&path, json!({"status": "archived"})).await.expect(200);
    let mut refused = 0;
    for operation in document.operations() {
        let reads = operation.method == "GET" || operation.path.ends_with("/recall");
        let elsewhere = operation.path == "/api/projects" || operation.path.starts_with("/api/auth/");
        if reads || elsewhere || operation.path == "/api/projects/{id}" {
            continue;
        }
        let target = stage.target(&operation);
        let answer = stage.ask(&operation, &target, stage.body(&document, &operation)).await;
        answer.clone().problem(409, "project_archived");
        check(&document, &operation, &answer);
        refused += 1;
    }
    assert!(refused >= 10, "{refused} operations write");
    assert_eq!(stage.server.get(&path).await.expect(200).json()["status"], Value::from("archived"));
}
