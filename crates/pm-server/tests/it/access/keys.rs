//! API keys over HTTP and from the shell.

use http::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::process::{PATIENCE, Process, refused, run};
use crate::harness::{Answer, TestServer};

const KEYS: &str = "/api/auth/keys";

async fn call(server: &TestServer, method: Method, path: &str, key: &str, body: Value) -> Answer {
    server.call(method, path, &[("authorization", &format!("Bearer {key}"))], body).await
}

#[tokio::test]
async fn keys_are_made_listed_used_and_revoked() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true")]).await;
    let admin = server.key(json!({"scopes": ["admin"]})).await;
    let project = call(&server, Method::POST, "/api/projects", &admin, json!({"name": "p"})).await;
    let project = project.expect(201).json()["id"].clone();
    let draft = json!({"name": " ci ", "scopes": ["write", "read"], "projects": [project],
        "expires_at": "2126-01-01T00:00:00+01:00"});
    let made = call(&server, Method::POST, KEYS, &admin, draft).await.expect(201);
    assert_eq!(made.header("location"), format!("{KEYS}/{}", made.json()["id"].as_str().unwrap()));
    let made = made.json();
    let key = made["key"].as_str().unwrap().to_owned();
    assert_eq!((&made["name"], &made["scopes"]), (&json!("ci"), &json!(["read", "write"])));
    assert_eq!(made["expires_at"], "2125-12-31T23:00:00Z");

    let me = call(&server, Method::GET, "/api/auth/me", &key, Value::Null).await.expect(200).json();
    assert_eq!(me, json!({"kind": "key", "name": "ci", "scopes": ["read", "write"], "projects": [project]}));
    let listed = call(&server, Method::GET, KEYS, &admin, Value::Null).await.expect(200);
    let secret = key.rsplit('_').next().unwrap();
    assert!(!String::from_utf8_lossy(&listed.body).contains(secret), "no secret is ever shown again");
    assert_eq!(
        (listed.each("name"), listed.header("x-total-count")),
        (vec!["test".to_owned(), "ci".to_owned()], "2")
    );

    let first = call(&server, Method::GET, &format!("{KEYS}?limit=1"), &admin, Value::Null).await.expect(200);
    assert_eq!(first.each("name"), ["test"]);
    let next = first.next_page().unwrap();
    assert_eq!(call(&server, Method::GET, &next, &admin, Value::Null).await.expect(200).each("name"), ["ci"]);
    for wrong in ["limit=0", "limit=x", "cursor=x", "sort=name"] {
        let path = format!("{KEYS}?{wrong}");
        call(&server, Method::GET, &path, &admin, Value::Null).await.problem(422, "validation_error");
    }

    let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    call(&server, Method::DELETE, &path, &admin, Value::Null).await.expect(204);
    call(&server, Method::GET, "/api/auth/me", &key, Value::Null).await.problem(401, "unauthorized");
    for gone in [path.as_str(), "/api/auth/keys/x", "/api/auth/keys/*", "/api/auth/keys/%00"] {
        call(&server, Method::DELETE, gone, &admin, Value::Null).await.problem(404, "key_not_found");
    }
}

#[tokio::test]
async fn a_draft_with_faults_makes_no_key() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true")]).await;
    let admin = server.key(json!({"scopes": ["admin"]})).await;
    for (draft, field) in [
        (json!({"name": "k", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
        (
            json!({"name": "k", "scopes": ["read"], "projects": ["00000000-0000-0000-0000-000000000000"]}),
            "projects[0]",
        ),
        (json!({"name": "k", "scopes": ["root"]}), "scopes[0]"),
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "k", "scopes": ["read"], "key": "aipm_mine"}), "key"),
    ] {
        let problem = call(&server, Method::POST, KEYS, &admin, draft).await.problem(422, "validation_error");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let listed = call(&server, Method::GET, KEYS, &admin, Value::Null).await.expect(200);
    assert_eq!(listed.each("name"), ["test"]);
}

#[tokio::test]
async fn the_bootstrap_key_makes_the_first_administrator_and_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::start(folder.path(), &[("AUTH_REQUIRED", "true")]).await;
    let line = server.logged(|line| line.contains("bootstrap") && line.contains("aipm_")).await;
    let start = line.find("aipm_").unwrap();
    let word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let bootstrap = line[start..].split(|it| !word(it)).next().unwrap().to_owned();
    let ask = async |method: Method, path: &str, key: &str, body: Value| {
        server.call(method, path, &[("x-api-key", key)], &body).await
    };
    let me = ask(Method::GET, "/api/auth/me", &bootstrap, Value::Null).await.expect(200).json();
    assert_eq!(me, json!({"kind": "bootstrap", "name": "bootstrap", "scopes": ["admin"]}));
    let writer = json!({"name": "w", "scopes": ["write"]});
    ask(Method::POST, KEYS, &bootstrap, writer).await.expect(201);
    ask(Method::GET, "/api/projects", &bootstrap, Value::Null).await.expect(200);
    let admin = json!({"name": "a", "scopes": ["admin"]});
    let admin = ask(Method::POST, KEYS, &bootstrap, admin).await.expect(201).json()["key"].clone();
    ask(Method::GET, "/api/projects", &bootstrap, Value::Null).await.problem(401, "unauthorized");
    ask(Method::GET, KEYS, admin.as_str().unwrap(), Value::Null).await.expect(200);
    server.stop().await;
    let server = Process::start(folder.path(), &[("AUTH_REQUIRED", "true")]).await;
    server.get("/api/projects").await.problem(401, "unauthorized");
    let lines = server.stop().await;
    assert!(!lines.iter().any(|line| line.contains("bootstrap")), "{lines:#?}");
}

#[tokio::test]
async fn the_shell_makes_lists_and_revokes_keys_while_a_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let server = Process::start(path, &[("AUTH_REQUIRED", "true")]).await;
    let made = run(path, &[], &["key", "create", "ops", "--scope", "admin"]).await.expect(0);
    let key = made.stdout.trim().to_owned();
    let ask = async || server.call(Method::GET, KEYS, &[("x-api-key", &key)], &Value::Null).await;
    assert_eq!(ask().await.expect(200).each("name"), ["ops"]);
    let listed = run(path, &[], &["key", "list", "--json"]).await.expect(0);
    let shown: Value = serde_json::from_str(listed.stdout.trim()).unwrap();
    assert_eq!((&shown["name"], &shown["scopes"]), (&json!("ops"), &json!(["admin"])));
    let table = run(path, &[], &["key", "list"]).await.expect(0);
    assert!(table.stdout.lines().nth(1).unwrap().contains("ops"), "{table:?}");
    let id = key.split('_').nth(1).unwrap();
    run(path, &[], &["key", "revoke", id]).await.expect(0);
    // Within a second the server has heard of it.
    let refused_now = async { while ask().await.status.is_success() {} };
    timeout(PATIENCE, refused_now).await.expect("it is never refused");
    ask().await.problem(401, "unauthorized");
    server.stop().await;

    refused(path, &[], &["key", "revoke", id], 1, &["no API key"]).await;
    refused(path, &[], &["key", "create", "x", "--scope", "root"], 2, &["scopes", "root"]).await;
    refused(path, &[], &["key", "create", " "], 2, &["name"]).await;
    let offline = run(path, &[], &["key", "create", "offline"]).await.expect(0);
    assert!(offline.stdout.starts_with("aipm_"), "{offline:?}");
}
