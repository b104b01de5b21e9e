//! Who may do what: every route with every kind of credential.

mod doors;
mod keys;
pub mod tokens;
mod users;

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::documents::{Document, Operation, Stage};
use crate::harness::{Answer, TestServer};

/// What a route asks of whoever calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Need {
    /// Nothing.
    Open,
    /// To be known.
    Known,
    /// To read in the project.
    Read,
    /// To write in the project.
    Write,
    /// To make projects.
    Create,
    /// To list projects.
    List,
    /// To be an administrator.
    Admin,
    /// A password or a refresh token of its own.
    Own,
}

/// Every operation of the document. A new one has no entry, and the tests below fail until it has.
const NEEDS: [(&str, Need); 44] = [
    ("GET /", Need::Open),
    ("GET /health", Need::Open),
    ("GET /health/live", Need::Open),
    ("GET /health/ready", Need::Open),
    ("GET /health/redis", Need::Open),
    ("GET /api/health", Need::Open),
    ("GET /api/health/live", Need::Open),
    ("GET /api/health/ready", Need::Open),
    ("GET /api/health/redis", Need::Open),
    ("GET /metrics", Need::Known),
    ("GET /api/metrics", Need::Known),
    ("POST /api/auth/token", Need::Own),
    ("POST /api/auth/refresh", Need::Own),
    ("POST /api/auth/logout", Need::Own),
    ("GET /api/auth/me", Need::Known),
    ("GET /api/auth/keys", Need::Admin),
    ("POST /api/auth/keys", Need::Admin),
    ("DELETE /api/auth/keys/{id}", Need::Admin),
    ("GET /api/audit", Need::Admin),
    ("GET /api/projects", Need::List),
    ("POST /api/projects", Need::Create),
    ("GET /api/projects/{id}", Need::Read),
    ("PUT /api/projects/{id}", Need::Write),
    ("PATCH /api/projects/{id}", Need::Write),
    ("DELETE /api/projects/{id}", Need::Write),
    ("GET /api/projects/{id}/context", Need::Read),
    ("GET /api/projects/{id}/messages", Need::Read),
    ("POST /api/projects/{id}/messages", Need::Write),
    ("GET /api/projects/{id}/messages/{message_id}", Need::Read),
    ("DELETE /api/projects/{id}/messages/{message_id}", Need::Write),
    ("GET /api/projects/{id}/memory", Need::Read),
    ("DELETE /api/projects/{id}/memory", Need::Write),
    ("GET /api/projects/{id}/memory/count", Need::Read),
    ("GET /api/projects/{id}/memory/{type}/{key}", Need::Read),
    ("PUT /api/projects/{id}/memory/{type}/{key}", Need::Write),
    ("DELETE /api/projects/{id}/memory/{type}/{key}", Need::Write),
    ("POST /api/memory/store", Need::Write),
    ("POST /api/memory/store/batch", Need::Write),
    ("GET /api/memory/recall", Need::Read),
    ("POST /api/memory/recall", Need::Read),
    ("GET /api/memory/{project_id}/count", Need::Read),
    ("DELETE /api/memory", Need::Write),
    ("DELETE /api/memory/{key}", Need::Write),
    ("DELETE /api/memory/{project_id}/{key}", Need::Write),
];

fn need(operation: &Operation<'_>) -> Need {
    let name = operation.name();
    let found = NEEDS.iter().find(|(entry, _)| *entry == name);
    found.unwrap_or_else(|| panic!("{name} has no entry in NEEDS: say what it asks of its callers")).1
}

/// A stage where a credential is needed, also for documents and metrics.
async fn stage() -> Stage {
    Stage::over(TestServer::with(&[("AUTH_REQUIRED", "true"), ("ENVIRONMENT", "test"), tokens::KEY]).await)
        .await
}

async fn ask(stage: &Stage, document: &Document, operation: &Operation<'_>, key: Option<&str>) -> Answer {
    let method: Method = operation.method.parse().unwrap();
    if operation.path == "/api/auth/token" {
        return stage.server.post_form(operation.path, "username=ada&password=guessed").await;
    }
    let headers: Vec<_> = key.iter().map(|key| ("x-api-key", *key)).collect();
    let (target, body) = (stage.target(operation), stage.body(document, operation));
    stage.server.call(method, &target, &headers, body).await
}

/// Nothing of what the stage holds is in an answer.
#[track_caller]
fn tells_nothing(operation: &Operation<'_>, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    for data in ["web shop", "checkout", "login", "look", "short"] {
        assert!(!text.contains(data), "{}: {text}", operation.name());
    }
    for header in ["etag", "x-total-count", "location", "link"] {
        assert_eq!(answer.header(header), "", "{}: {header}", operation.name());
    }
}

#[test]
fn the_table_names_every_operation_and_no_other() {
    let document = Document::read();
    let documented: Vec<_> = document.operations().iter().map(|it| (it.name(), need(it)).0).collect();
    for (name, _) in NEEDS {
        assert!(documented.iter().any(|it| it == name), "{name} is not there any more");
    }
}

#[tokio::test]
async fn no_route_answers_a_credential_that_is_not_good() {
    let document = Document::read();
    let stage = stage().await;
    let good = stage.server.key(json!({"scopes": ["admin"]})).await;
    let revoked = stage.server.key(json!({"scopes": ["admin"]})).await;
    let id = revoked.split('_').nth(1).unwrap();
    let path = format!("/api/auth/keys/{id}");
    stage.server.call(Method::DELETE, &path, &[stage.credential()], Value::Null).await.expect(204);
    let last = if good.ends_with('0') { "1" } else { "0" };
    let tampered = format!("{}{last}", &good[..good.len() - 1]);
    let unknown = good.replace(good.split('_').nth(1).unwrap(), &"0".repeat(32));
    let keys = [String::new(), "x".to_owned(), revoked, tampered, unknown];
    let tokens = tokens::not_good(&stage.server).await;
    let sent = keys.into_iter().chain(tokens).map(Some);
    for credential in [None].into_iter().chain(sent) {
        for operation in &document.operations() {
            let answer = ask(&stage, &document, operation, credential.as_deref()).await;
            if need(operation) == Need::Open {
                answer.expect(200);
                continue;
            }
            // Whoever fails to log in too often hears that first.
            if operation.path == "/api/auth/token" && answer.status == 429 {
                answer.problem(429, "rate_limited");
                continue;
            }
            tells_nothing(operation, &answer);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", operation.name());
            answer.problem(401, "unauthorized");
        }
    }
}

#[tokio::test]
async fn an_expired_key_is_no_key() {
    let (server, _, clock) = TestServer::by_hand(&[("AUTH_REQUIRED", "true")]).await;
    let key = server.key(json!({"scopes": ["read"], "expires_at": "2026-03-05T15:00:00Z"})).await;
    let me = async || {
        server
            .call(Method::GET, "/api/auth/me", &[("authorization", &format!("Bearer {key}"))], Value::Null)
            .await
    };
    me().await.expect(200);
    clock.advance(SignedDuration::from_mins(53));
    me().await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_key_of_another_project_finds_nothing() {
    let document = Document::read();
    let stage = stage().await;
    let other = stage.other().await;
    let key = stage.server.key(json!({"scopes": ["read", "write"], "projects": [other]})).await;
    for operation in &document.operations() {
        let name = operation.name();
        let answer = ask(&stage, &document, operation, Some(&key)).await;
        match need(operation) {
            Need::Open | Need::Known => {
                answer.expect(200);
            }
            Need::Read | Need::Write => {
                tells_nothing(operation, &answer);
                // The same to the letter as for a project that is not there.
                let told = answer.problem(404, "project_not_found");
                assert_eq!(told["detail"], "there is no project with this id", "{name}");
            }
            Need::Create | Need::Admin => {
                tells_nothing(operation, &answer);
                answer.problem(403, "forbidden");
            }
            Need::Own => {
                answer.problem(401, "unauthorized");
            }
            Need::List => {
                let answer = answer.expect(200);
                assert_eq!(answer.each("id"), [other.as_str()], "{name}");
                assert_eq!(answer.header("x-total-count"), "1", "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_that_reads_changes_nothing() {
    let document = Document::read();
    let stage = stage().await;
    let project = stage.project.clone();
    for body in [json!({"scopes": ["read"]}), json!({"scopes": ["read"], "projects": [project]})] {
        let key = stage.server.key(body).await;
        for operation in &document.operations() {
            let answer = ask(&stage, &document, operation, Some(&key)).await;
            match need(operation) {
                Need::Open | Need::Known | Need::Read | Need::List => {
                    answer.expect(200);
                }
                Need::Write | Need::Create | Need::Admin => {
                    answer.problem(403, "forbidden");
                }
                Need::Own => {
                    answer.problem(401, "unauthorized");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_key_that_writes_does_all_but_let_others_in() {
    let document = Document::read();
    let mut stage = stage().await;
    let key = stage.server.key(json!({"scopes": ["write"]})).await;
    for operation in &document.operations() {
        let answer = ask(&stage, &document, operation, Some(&key)).await;
        if need(operation) == Need::Admin {
            answer.problem(403, "forbidden");
        } else if need(operation) == Need::Own {
            answer.problem(401, "unauthorized");
        } else {
            assert!(answer.status.is_success(), "{}: {answer:?}", operation.name());
        }
        if operation.method == "DELETE" {
            stage.renew().await;
        }
    }
}

#[tokio::test]
async fn where_no_credential_is_needed_nobody_lets_himself_in_for_later() {
    let document = Document::read();
    let stage = Stage::set().await;
    for operation in document.operations().iter().filter(|it| need(it) == Need::Admin) {
        ask(&stage, &document, operation, None).await.problem(401, "unauthorized");
    }
    let me = stage.server.get("/api/auth/me").await.expect(200).json();
    assert_eq!(me, json!({"kind": "anonymous", "name": "anonymous", "scopes": ["read", "write"]}));
    // A credential that is not good is a mistake, not the same as none.
    let answer = stage.server.call(Method::GET, "/api/projects", &[("x-api-key", "x")], Value::Null).await;
    answer.problem(401, "unauthorized");
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_its_principal() {
    let stage = stage().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let key = stage.server.key(json!({"scopes": ["write"]})).await;
        for _ in 0..2 {
            let headers = [("x-api-key", key.as_str()), ("idempotency-key", "same")];
            let answer =
                stage.server.call(Method::POST, "/api/projects", &headers, json!({"name": "n"})).await;
            ids.push(answer.expect(201).json()["id"].clone());
        }
    }
    assert!(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] != ids[2], "{ids:?}");
}
