//! The audit record: what leaves an entry and what does not, who may read it, and where else it stands.

use http::Method;
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::documents::{Document, LOGIN, Operation, Stage};
use crate::harness::process::{Process, run};
use crate::harness::store::EMBEDDED;
use crate::harness::{Answer, TestServer};

/// What leaves an entry, and the act that it says. Nothing else does.
const ACTS: [(&str, &str); 11] = [
    ("POST /api/auth/token", "login"),
    ("POST /api/auth/logout", "logout"),
    ("POST /api/auth/keys", "key_created"),
    ("DELETE /api/auth/keys/{id}", "key_revoked"),
    ("DELETE /api/projects/{id}", "project_deleted"),
    ("DELETE /api/projects/{id}/messages/{message_id}", "message_deleted"),
    ("DELETE /api/projects/{id}/memory", "memory_cleared"),
    ("DELETE /api/projects/{id}/memory/{type}/{key}", "memory_deleted"),
    ("DELETE /api/memory", "memory_deleted"),
    ("DELETE /api/memory/{key}", "memory_deleted"),
    ("DELETE /api/memory/{project_id}/{key}", "memory_deleted"),
];

fn act(operation: &Operation<'_>) -> Option<&'static str> {
    let name = operation.name();
    ACTS.iter().find(|(entry, _)| *entry == name).map(|(_, act)| *act)
}

/// What the entry of an operation says that it was done to.
fn target(stage: &Stage, act: &str, path: &str, answer: &Answer) -> Value {
    let (project, last) = (&stage.project, path.rsplit('/').next().unwrap());
    match act {
        "key_created" => json!({"key_id": answer.json()["id"]}),
        "key_revoked" => json!({ "key_id": last }),
        "project_deleted" => json!({ "project_id": project }),
        "message_deleted" => json!({"project_id": project, "message_id": last}),
        "memory_cleared" => json!({"project_id": project, "count": 1}),
        "memory_deleted" => json!({"project_id": project, "type": "error", "key": "k"}),
        other => panic!("{other} is new to this test"),
    }
}

async fn get(server: &TestServer, path: &str, key: &str) -> Answer {
    server.call(Method::GET, path, &[("x-api-key", key)], Value::Null).await
}

/// All entries, newest first.
async fn entries(server: &TestServer, admin: &str) -> Vec<Value> {
    let answer = get(server, "/api/audit?limit=1000", admin).await.expect(200);
    let entries = answer.json().as_array().unwrap().clone();
    assert_eq!(answer.header("x-total-count"), entries.len().to_string());
    entries
}

async fn entries_of(server: &TestServer, admin: &str, request: &str) -> Vec<Value> {
    let all = entries(server, admin).await;
    all.into_iter().filter(|entry| entry["request_id"] == request).collect()
}

#[tokio::test]
async fn every_operation_that_takes_away_or_lets_in_leaves_one_entry_and_no_other_does() {
    let document = Document::read();
    let mut stage = Stage::over(TestServer::with(&[("AUTH_REQUIRED", "true")]).await).await;
    let admin = stage.server.key(json!({"scopes": ["admin"]})).await;
    let id = admin.split('_').nth(1).unwrap().to_owned();
    let mut met = 0;
    for (n, operation) in document.operations().iter().enumerate() {
        let name = operation.name();
        let method: Method = operation.method.parse().unwrap();
        let (path, body) = (stage.target(operation), stage.good_body(&document, operation).await);
        let ask = async |request: &str, path: &str| {
            let headers = [("x-api-key", admin.as_str()), ("x-request-id", request)];
            if path == "/api/auth/token" {
                return stage.server.send_form(path, &headers, LOGIN).await;
            }
            stage.server.call(method.clone(), path, &headers, body.clone()).await
        };
        let (first, again) = (format!("walk-{n}"), format!("again-{n}"));
        let answer = ask(&first, &path).await;
        assert!(answer.status.is_success(), "{name}: {answer:?}");
        let left = entries_of(&stage.server, &admin, &first).await;
        let Some(act) = act(operation) else {
            assert_eq!(left, [Value::Null; 0], "{name}");
            continue;
        };
        let [entry] = &left[..] else { panic!("{name}: {left:?}") };
        let (id_of_entry, at) = (&entry["id"], &entry["at"]);
        assert!(at.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{name}: {at}");
        let of_a_session = matches!(act, "login" | "logout");
        let (actor, called) =
            if of_a_session { ("user:ada".to_owned(), "ada") } else { (format!("key:{id}"), "test") };
        let mut expected = json!({"id": id_of_entry, "at": at, "actor": actor, "name": called, "act": act,
            "client": "127.0.0.1", "request_id": first});
        if !of_a_session {
            expected["target"] = target(&stage, act, path.split('?').next().unwrap(), &answer);
        }
        assert_eq!(entry, &expected, "{name}");
        met += 1;
        if operation.method == "DELETE" && act != "memory_cleared" {
            ask(&again, &path).await.expect(404);
            assert_eq!(entries_of(&stage.server, &admin, &again).await, [Value::Null; 0], "{name}");
        }
        if operation.method == "DELETE" {
            stage.renew().await;
        }
    }
    assert_eq!(met, ACTS.len());
    let whole = json!(entries(&stage.server, &admin).await).to_string();
    for value in ["web shop", "checkout", "fails", "look", "short", admin.rsplit('_').next().unwrap()] {
        assert!(!whole.contains(value), "{value}: {whole}");
    }
}

#[tokio::test]
async fn a_condition_that_does_not_hold_leaves_no_entry() {
    let document = Document::read();
    let stage = Stage::set().await;
    let before = entries(&stage.server, stage.credential().1).await;
    for operation in document.operations().iter().filter(|it| it.path != "/api/auth/keys/{id}") {
        if operation.method != "DELETE" || operation.path == "/api/projects/{id}/memory" {
            continue;
        }
        let path = stage.target(operation);
        let headers = [stage.credential(), ("if-match", "\"12345\"")];
        stage.server.call(Method::DELETE, &path, &headers, Value::Null).await.expect(412);
    }
    assert_eq!(entries(&stage.server, stage.credential().1).await, before);
}

#[tokio::test]
async fn the_record_is_read_by_time_and_page() {
    let (server, _, clock) = TestServer::by_hand(&[]).await;
    let admin = server.key(json!({"scopes": ["admin"]})).await;
    for n in 0..5 {
        clock.advance(SignedDuration::from_mins(1));
        let id = server.project("p").await;
        server.store(&id, "error", &n.to_string(), json!("v")).await.expect(201);
        server.delete(&format!("/api/projects/{id}/memory/error/{n}")).await.expect(204);
    }
    let keys = |answer: &Answer| {
        let entries = answer.json();
        let of = |entry: &Value| entry["target"]["key"].as_str().unwrap_or("-").to_owned();
        entries.as_array().unwrap().iter().map(of).collect::<String>()
    };
    let ask = async |query: &str| get(&server, &format!("/api/audit/?{query}"), &admin).await;
    for (query, expected, total) in [
        ("", "43210-", "6"),
        ("limit=2", "43", "6"),
        ("since=2026-03-05T14:09:00Z", "4321", "4"),
        ("until=2026-03-05T14:09:00Z", "0-", "2"),
        ("since=2026-03-05T15:09:00%2B01:00&until=2026-03-05T14:11:00Z&limit=1", "2", "2"),
        ("since=2027-01-01T00:00:00Z", "", "0"),
    ] {
        let answer = ask(query).await.expect(200);
        assert_eq!((keys(&answer).as_str(), answer.header("x-total-count")), (expected, total), "{query}");
        assert!(
            answer
                .json()
                .as_array()
                .unwrap()
                .iter()
                .all(|entry| entry["client"] == "127.0.0.1" || entry["actor"] == "shell")
        );
    }
    let (mut seen, mut page) = (String::new(), Some("/api/audit?limit=2".to_owned()));
    while let Some(path) = page {
        let answer = get(&server, &path, &admin).await.expect(200);
        seen += &keys(&answer);
        page = answer.next_page();
        // What is done meanwhile is newer than all that follows.
        let id = server.project("p").await;
        server.delete(&format!("/api/projects/{id}")).await.expect(204);
    }
    assert_eq!(seen, "43210-");
    let next = ask("limit=2").await.next_page().unwrap();
    let elsewhere = format!("{next}&since=2026-03-05T14:09:00Z");
    get(&server, &elsewhere, &admin).await.invalid("cursor");
    for (query, field) in [
        ("since=today", "since"),
        ("until=1", "until"),
        ("limit=0", "limit"),
        ("sort=at", "sort"),
        ("cursor=x", "cursor"),
    ] {
        ask(query).await.invalid(field);
    }
}

#[tokio::test]
async fn administrators_alone_read_it_and_nobody_writes_it() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    server.get("/api/audit").await.problem(401, "unauthorized");
    for draft in [json!({"scopes": ["write"]}), json!({"scopes": ["read"], "projects": [project]})] {
        let key = server.key(draft).await;
        get(&server, "/api/audit", &key).await.problem(403, "forbidden");
    }
    let admin = server.key(json!({"scopes": ["admin"]})).await;
    let before = entries(&server, &admin).await;
    let id = before[0]["id"].as_str().unwrap();
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let call =
            async |path: &str| server.call(method.clone(), path, &[("x-api-key", &admin)], json!({})).await;
        call("/api/audit").await.problem(405, "method_not_allowed");
        call(&format!("/api/audit/{id}")).await.problem(404, "route_not_found");
    }
    assert_eq!(entries(&server, &admin).await, before);
}

#[tokio::test]
async fn the_client_is_the_one_that_a_trusted_proxy_names() {
    let server = TestServer::with(&[("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let admin = server.key(json!({"scopes": ["admin"]})).await;
    let path = format!("/api/projects/{}", server.project("p").await);
    let headers = [("x-forwarded-for", "198.51.100.1, 2001:db8::7")];
    let answer = server.call(Method::DELETE, &path, &headers, Value::Null).await.expect(204);
    let [newest, ..] = &entries(&server, &admin).await[..] else { panic!("it is empty") };
    assert_eq!((&newest["client"], &newest["actor"]), (&json!("2001:db8::7"), &json!("anonymous")));
    assert_eq!(newest["request_id"], answer.header("x-request-id"), "also where the server has given it");
}

#[tokio::test]
async fn it_is_in_the_log_and_has_what_was_done_from_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Process::start(path, &[]).await;
    let made = run(path, &[], &["key", "create", "ops", "--scope", "admin"]).await.expect(0);
    let admin = made.stdout.trim().to_owned();
    let spare = run(path, &[], &["key", "create", "spare"]).await.expect(0);
    let spare = spare.stdout.trim().split('_').nth(1).unwrap().to_owned();
    run(path, &[], &["key", "revoke", &spare]).await.expect(0);
    let (project, kept) = (server.project("p").await, server.project("kept").await);
    let headers = [("x-request-id", "traced-7")];
    let gone = server.call(Method::DELETE, &format!("/api/projects/{project}"), &headers, &Value::Null).await;
    gone.expect(204);
    let line = server.logged(|line| line.contains("\"target\":\"audit\"")).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    for (field, value) in [
        ("level", "INFO"),
        ("act", "project_deleted"),
        ("actor", "anonymous"),
        ("project_id", &project),
        ("client", "127.0.0.1"),
        ("request_id", "traced-7"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    server.stop().await;
    run(path, &[], &["export", "--project", &kept]).await.expect(0);
    run(path, &[], &["export", "--project", &project]).await.expect(1);

    let server = Process::start(path, &[]).await;
    let listed =
        server.call(Method::GET, "/api/audit", &[("x-api-key", &admin)], &Value::Null).await.expect(200);
    let acts = ["project_exported", "project_deleted", "key_revoked", "key_created", "key_created"];
    assert_eq!(listed.each("act"), acts);
    assert_eq!(listed.each("actor"), ["shell", "anonymous", "shell", "shell", "shell"]);
    let entries = listed.json();
    assert_eq!(entries[0]["target"], json!({ "project_id": kept }));
    assert_eq!(entries[2]["target"], json!({ "key_id": spare }));
    assert_eq!((entries[0].get("client"), entries[0].get("request_id")), (None, None));
}

#[tokio::test]
async fn what_cannot_be_recorded_is_done_and_logged_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::start(folder.path(), &[EMBEDDED]).await;
    let project = server.project("p").await;
    let database = Connection::open(folder.path().join("data/ai-pm.sqlite3")).unwrap();
    let refusal = "CREATE TRIGGER full BEFORE INSERT ON record WHEN new.shelf = 'audit' \
        BEGIN SELECT raise(ABORT, 'no place'); END";
    database.execute_batch(refusal).unwrap();
    let path = format!("/api/projects/{project}");
    server.call(Method::DELETE, &path, &[], &Value::Null).await.expect(204);
    let line = server.logged(|line| line.contains("\"target\":\"audit\"")).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["level"], &line["act"]), (&json!("ERROR"), &json!("project_deleted")), "{line}");
    assert_eq!((&line["project_id"], &line["client"]), (&json!(project), &json!("127.0.0.1")), "{line}");
    server.get(&path).await.problem(404, "project_not_found");
    server.stop().await;
}
