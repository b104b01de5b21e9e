//! Who comes in over HTTP, and what he may do there.

use http::Method;
use serde_json::{Value, json};

use super::{call, code, done, initialize, post, tool};
use crate::harness::TestServer;

const SHUT: (&str, &str) = ("AUTH_REQUIRED", "true");

#[tokio::test]
async fn no_key_no_answer() {
    let server = TestServer::with(&[SHUT]).await;
    for headers in [&[][..], &[("x-api-key", "aipm_x_y")], &[("authorization", "Bearer x")]] {
        post(&server, headers, &initialize()).await.problem(401, "unauthorized");
        post(&server, headers, &tool(1, "projects", &json!({}))).await.problem(401, "unauthorized");
    }
    let key = server.key(json!({ "scopes": ["read"] })).await;
    post(&server, &[("authorization", &format!("Bearer {key}"))], &initialize()).await.expect(200);
    let slash = server.call(Method::POST, "/mcp/", &[("x-api-key", &key)], initialize()).await;
    assert_eq!(slash.expect(200).header("cache-control"), "no-store");
}

#[tokio::test]
async fn scopes_and_projects_hold_as_they_do_for_the_api() {
    let server = TestServer::with(&[SHUT]).await;
    let all = server.key(json!({ "scopes": ["write"] })).await;
    let all = [("x-api-key", all.as_str())];
    let item =
        |project: &str| json!({ "project": project, "type": "context", "key": "k", "value": "secret" });
    let own = done(&call(&server, &all, "remember", item("own")).await)["project"]["id"].clone();
    let other = done(&call(&server, &all, "remember", item("other")).await)["project"]["id"].clone();

    let reader = server.key(json!({ "scopes": ["read"] })).await;
    let reader = [("x-api-key", reader.as_str())];
    done(&call(&server, &reader, "recall", json!({ "project": "own", "query": "" })).await);
    for (name, arguments) in [
        ("remember", item("own")),
        ("remember", item("new")),
        ("forget", json!({ "project": "own", "key": "k" })),
        ("log_message", json!({ "project": "own", "role": "user", "content": "c" })),
        ("projects", json!({ "create": "new" })),
    ] {
        assert_eq!(code(&call(&server, &reader, name, arguments).await), "forbidden", "{name}");
    }

    // To find one, nobody need be let to make others.
    let found = done(&call(&server, &reader, "projects", json!({ "create": "own" })).await);
    assert_eq!((&found["project"]["id"], &found["created"]), (&own, &json!(false)));

    let bound = server.key(json!({ "scopes": ["write"], "projects": [own] })).await;
    let bound = [("x-api-key", bound.as_str())];
    done(&call(&server, &bound, "remember", item("own")).await);
    let listed = done(&call(&server, &bound, "projects", json!({})).await);
    assert_eq!((&listed["total"], &listed["projects"][0]["id"]), (&json!(1), &own));
    for named in [json!("other"), other.clone()] {
        for (name, arguments) in [
            ("recall", json!({ "query": "secret" })),
            ("context", json!({ "query": "secret" })),
            ("forget", json!({ "key": "k" })),
        ] {
            let mut arguments = arguments;
            arguments["project"] = named.clone();
            let answer = call(&server, &bound, name, arguments).await;
            assert_eq!(code(&answer), "project_not_found", "{name}");
            assert!(!answer.to_string().contains("secret"), "{answer}");
        }
    }
    // By name it would make one, which it may not; by id there is none for it.
    assert_eq!(code(&call(&server, &bound, "remember", item("other")).await), "forbidden");
    let by_id = call(&server, &bound, "remember", item(other.as_str().unwrap())).await;
    assert_eq!(code(&by_id), "project_not_found");
    let uri = format!("aipm://projects/{}/memory/context/k", other.as_str().unwrap());
    let read = json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": uri } });
    let answer = post(&server, &bound, &read).await.expect(200).json();
    assert_eq!(answer["error"]["data"]["code"], "project_not_found", "{answer}");
    assert_eq!(
        post(&server, &all, &read).await.expect(200).json()["result"]["contents"][0]["text"],
        "secret"
    );
}

#[tokio::test]
async fn deletes_are_recorded_with_who_did_them() {
    let server = TestServer::with(&[SHUT]).await;
    let key = server.key(json!({ "scopes": ["admin"] })).await;
    let headers = [("x-api-key", key.as_str()), ("x-request-id", "the-agent-7")];
    let item = json!({ "project": "own", "type": "context", "key": "k", "value": "v" });
    done(&call(&server, &headers, "remember", item).await);
    done(&call(&server, &headers, "forget", json!({ "project": "own", "key": "k" })).await);
    let audit = server.call(Method::GET, "/api/audit", &headers, Value::Null).await.expect(200).json();
    let entry = audit.as_array().unwrap().iter().find(|entry| entry["act"] == "memory_deleted").unwrap();
    assert_eq!(
        (&entry["request_id"], &entry["target"]["key"]),
        (&json!("the-agent-7"), &json!("k")),
        "{entry}"
    );
}

#[tokio::test]
async fn calls_count_against_the_limit_of_all_calls() {
    let server = TestServer::with(&[("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "2")]).await;
    let mut last = post(&server, &[], &initialize()).await;
    for _ in 0..3 {
        last = post(&server, &[], &initialize()).await;
    }
    last.problem(429, "rate_limited");
}

#[tokio::test]
async fn pages_of_other_origins_and_other_hosts_are_refused() {
    let allowed = [("CORS_ORIGINS", "https://app.example"), ("MCP_ALLOWED_HOSTS", "")];
    let server = TestServer::with(&allowed).await;
    for (headers, status) in [
        (&[][..], 200),
        (&[("origin", "https://app.example")], 200),
        (&[("origin", "https://app.example:443")], 200),
        (&[("origin", "https://app.example:444")], 403),
        (&[("origin", "http://app.example")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[("origin", "null")], 403),
        (&[("host", "localhost:8000")], 200),
        (&[("host", "evil.example")], 403),
        (&[("host", "127.0.0.1.evil.example:8000")], 403),
    ] {
        let answer = post(&server, headers, &initialize()).await.expect(status);
        assert_eq!(answer.header("content-type"), "application/json", "{headers:?}");
        if status == 403 {
            let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("MCP_ALLOWED_HOSTS") || message.contains("CORS_ORIGINS"), "{message}");
        }
    }
    let preflight = [("origin", "https://app.example"), ("access-control-request-method", "POST")];
    let preflight = server.call(Method::OPTIONS, "/mcp", &preflight, Value::Null).await.expect(200);
    let heads = preflight.header("access-control-allow-headers").to_owned();
    assert!(heads.contains("mcp-protocol-version") && heads.contains("ai-pm-project"), "{heads}");
    for (setting, host, status) in
        [("pm.example", "pm.example", 200), ("pm.example", "localhost", 403), ("*", "any.example", 200)]
    {
        let server = TestServer::with(&[("MCP_ALLOWED_HOSTS", setting)]).await;
        post(&server, &[("host", host)], &initialize()).await.expect(status);
    }
    // Whom a key lets in cannot be led here by a name.
    let server = TestServer::with(&[SHUT]).await;
    let key = server.key(json!({ "scopes": ["read"] })).await;
    post(&server, &[("host", "pm.example"), ("x-api-key", &key)], &initialize()).await.expect(200);
}

#[tokio::test]
async fn a_header_names_the_project_that_calls_mean() {
    let server = TestServer::start().await;
    let item = json!({ "type": "context", "key": "k", "value": "v" });
    assert_eq!(code(&call(&server, &[], "remember", item.clone()).await), "validation_error");
    let stored = done(&call(&server, &[("ai-pm-project", "shop")], "remember", item.clone()).await);
    assert_eq!(stored["project"]["name"], "shop");
    let mut named = item;
    named["project"] = json!("other");
    let stored = done(&call(&server, &[("ai-pm-project", "shop")], "remember", named).await);
    assert_eq!(stored["project"]["name"], "other");
}

#[tokio::test]
async fn a_client_that_takes_json_alone_is_answered_json() {
    let server = TestServer::start().await;
    for accept in ["application/json", "*/*", "text/event-stream, application/json"] {
        let answer = server.call(Method::POST, "/mcp", &[("accept", accept)], initialize()).await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
    let get = server.call(Method::GET, "/mcp", &[], Value::Null).await.expect(405);
    assert_eq!(get.header("allow"), "POST");
    let version = [("mcp-protocol-version", "1999-01-01")];
    post(&server, &version, &tool(1, "projects", &json!({}))).await.expect(400);
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert!(post(&server, &[], &notification).await.expect(202).body.is_empty());
}
