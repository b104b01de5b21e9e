//! What nobody should send: an error each, and the next call is answered as if nothing had been.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Session, call, code, done, initialize, post, tool};
use crate::harness::TestServer;

/// Arguments that no tool takes, each with the field that is at fault.
fn wrong() -> Vec<(&'static str, Value, &'static str)> {
    let long = "x".repeat(1 << 20);
    vec![
        ("recall", json!({}), "query"),
        ("recall", json!({ "query": 7 }), "query"),
        ("recall", json!({ "query": null }), "query"),
        ("recall", json!({ "query": long }), "query"),
        ("recall", json!({ "query": "q", "limit": 0 }), "limit"),
        ("recall", json!({ "query": "q", "limit": "10" }), "limit"),
        ("recall", json!({ "query": "q", "limit": 1e99 }), "limit"),
        ("recall", json!({ "query": "q", "offset": -1 }), "offset"),
        ("recall", json!({ "query": "q", "max_chars": 1 }), "max_chars"),
        ("recall", json!({ "query": "q", "max_chars": 1_000_000_000 }), "max_chars"),
        ("recall", json!({ "query": "q", "memory_types": ["errors"] }), "memory_types[0]"),
        ("recall", json!({ "query": "q", "memory_types": "error" }), "memory_types"),
        ("recall", json!({ "query": "q", "since": "yesterday" }), "since"),
        ("recall", json!({ "query": "q", "min_relevance": 2 }), "min_relevance"),
        ("recall", json!({ "query": "q", "colour": "red" }), "colour"),
        ("recall", json!({ "query": "q", "project": ["shop"] }), "project"),
        ("recall", json!({ "query": "q", "project": long }), "project"),
        ("context", json!({ "query": {} }), "query"),
        ("context", json!({ "query": long }), "query"),
        ("context", json!({ "query": "q", "limit": 3 }), "limit"),
        ("remember", json!({}), "type"),
        ("remember", json!({ "type": "error", "key": "k" }), "value"),
        ("remember", json!({ "type": "bug", "key": "k", "value": "v" }), "type"),
        ("remember", json!({ "type": "error", "key": "", "value": "v" }), "key"),
        ("remember", json!({ "type": "error", "key": long, "value": "v" }), "key"),
        ("remember", json!({ "type": "error", "key": "k", "value": long }), "value"),
        (
            "remember",
            json!({ "type": "error", "key": "k", "value": "v", "metadata": { "a": { "b": 1 } } }),
            "metadata.a",
        ),
        ("remember", json!({ "type": "error", "key": "k", "value": "v", "metadata": 7 }), "metadata"),
        ("remember", json!({ "type": "solution", "key": "k", "value": "v", "solves": 7 }), "solves"),
        ("remember", json!({ "type": "error", "key": "k", "value": "v", "ttl": 0 }), "ttl"),
        ("remember", json!({ "type": "error", "key": "k", "value": "v", "importance": 3 }), "importance"),
        (
            "remember",
            json!({ "type": "error", "key": "k", "value": "v", "unless_similar": 7 }),
            "unless_similar",
        ),
        ("remember", json!({ "items": [], "key": "k" }), "key"),
        ("remember", json!({ "items": { "type": "error" } }), "items"),
        ("remember", json!({ "items": [{ "type": "error", "key": "k", "value": "v" }, 7] }), "items[1]"),
        ("remember", json!({ "items": [{ "type": "error", "key": "k" }] }), "items[0].value"),
        ("forget", json!({}), "key"),
        ("forget", json!({ "key": "k", "type": "all" }), "type"),
        ("forget", json!({ "key": "k", "everything": true }), "everything"),
        ("log_message", json!({ "role": "user" }), "content"),
        ("log_message", json!({ "role": "robot", "content": "c" }), "role"),
        ("log_message", json!({ "role": "user", "content": "" }), "content"),
        ("log_message", json!({ "role": "user", "content": long }), "content"),
        (
            "log_message",
            json!({ "role": "user", "content": "c", "metadata": { "mood": 1 } }),
            "metadata.mood",
        ),
        ("projects", json!({ "create": "" }), "name"),
        ("projects", json!({ "create": 7 }), "name"),
        ("projects", json!({ "create": long }), "name"),
        ("projects", json!({ "create": "p", "search": "p" }), "search"),
        ("projects", json!({ "limit": 101 }), "limit"),
        ("projects", json!({ "cursor": "x" }), "cursor"),
        ("projects", json!({ "search": 7 }), "search"),
    ]
}

/// Checks that the fault names this field.
#[track_caller]
fn names(answer: &Value, field: &str, sent: &str) {
    assert_eq!(code(answer), "validation_error", "{sent}");
    let errors = answer["result"]["structuredContent"]["error"]["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["field"] == field), "{field} is not named for {sent}: {answer}");
    assert!(answer.to_string().len() < 4_000, "what was sent is not sent back whole");
}

#[tokio::test]
async fn wrong_arguments_are_named_over_http_and_nothing_is_made_of_them() {
    let server = TestServer::start().await;
    for (name, mut arguments, field) in wrong() {
        let sent: String = format!("{name} {arguments}").chars().take(200).collect();
        // A project that is not there would be made by what writes.
        if name != "projects" && arguments.get("project").is_none() {
            arguments["project"] = json!("never");
        }
        names(&call(&server, &[], name, arguments).await, field, &sent);
    }
    let listed = done(&call(&server, &[], "projects", json!({})).await);
    assert_eq!(listed["total"], 0, "{listed}");
}

#[tokio::test]
async fn wrong_arguments_are_named_over_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "never"]);
    session.ask(&initialize()).await;
    for (name, arguments, field) in wrong() {
        let sent: String = format!("{name} {arguments}").chars().take(200).collect();
        names(&session.call(name, arguments).await, field, &sent);
    }
    assert_eq!(done(&session.call("projects", json!({})).await)["total"], 0);
    assert_eq!(session.end().await.1, Some(0));
}

/// What is no message, and the code of its error.
fn broken() -> Vec<(Vec<u8>, i64)> {
    let (parse, request) = (-32700, -32600);
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    vec![
        (b"{".to_vec(), parse),
        (b"not json".to_vec(), parse),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}}".to_vec(), parse),
        (b"\xff\xfe\x00".to_vec(), parse),
        (b"{\"a\":\"\\ud800\"}".to_vec(), parse),
        (deep, request),
        (b"[]".to_vec(), request),
        (b"7".to_vec(), request),
        (b"null".to_vec(), request),
        (b"{}".to_vec(), request),
        (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}".to_vec(), request),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1}".to_vec(), request),
        (b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}".to_vec(), request),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}".to_vec(), request),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}".to_vec(), request),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"recall\",\"arguments\":{\"query\":\"a\",\"query\":\"b\"}}}"
                .to_vec(),
            request,
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"recall\",\"arguments\":{\"query\":\"a\\u0000\"}}}"
                .to_vec(),
            request,
        ),
    ]
}

#[tokio::test]
async fn broken_frames_are_answered_by_errors_of_the_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    session.ask(&initialize()).await;
    let server = TestServer::start().await;
    for (frame, expected) in broken() {
        let sent = String::from_utf8_lossy(&frame[..frame.len().min(200)]).into_owned();
        session.send(&frame).await;
        let answer = session.receive().await;
        let got = answer["error"]["code"].as_i64().unwrap();
        assert!(got == expected || expected == -32600 && got == -32700, "{sent}: {answer}");
        if let Ok(Value::Object(frame)) = serde_json::from_slice(&frame)
            && frame.get("id").is_some_and(|id| id == 3 || id == 4)
        {
            assert_eq!(answer["id"], frame["id"], "who asks is told: {sent}");
        }
        let answer = server.post_bytes("/mcp", frame).await;
        assert!(answer.status.is_client_error(), "{sent}: {answer:?}");
        assert!(answer.json()["error"]["code"].is_i64(), "{sent}: {answer:?}");
    }
    for message in [
        tool(1, "no_such_tool", &json!({})),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "recall", "arguments": [] } }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": 7 } }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": "file:///etc/passwd" } }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": { "name": "no-such" } }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {} }),
    ] {
        let answer = session.ask(&message).await;
        assert!(answer["error"]["code"].is_i64(), "{message}: {answer}");
        let answer = post(&server, &[], &message).await.json();
        assert!(answer["error"]["code"].is_i64(), "{message}: {answer}");
    }
    done(&session.call("projects", json!({})).await);
    done(&call(&server, &[], "projects", json!({})).await);
    session.end().await;
}

#[tokio::test]
async fn a_line_without_end_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("MAX_BODY_BYTES", "65536")];
    let mut session = Session::start(folder.path(), &settings, &["--project", "shop"]);
    session.send(&vec![b'x'; 10 << 20]).await;
    let answer = session.receive().await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("too long"), "{answer}");
    let zeros = vec!["0"; 30_000].join(",");
    session
        .send(
            format!("{{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\",\"params\":{{\"a\":[{zeros}]}}}}")
                .as_bytes(),
        )
        .await;
    let answer = session.receive().await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("too much memory"), "{answer}");
    assert_eq!(answer["id"], 8);
    done(&session.call("projects", json!({})).await);
    session.end().await;
}

#[tokio::test]
async fn a_client_that_leaves_without_reading_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    let value = "a rather long value that answers, again and again ".repeat(2_000);
    done(&session.call("remember", json!({ "type": "context", "key": "k", "value": value })).await);
    for id in 0..8 {
        let question = tool(1_000 + id, "recall", &json!({ "query": "answers", "max_chars": 200_000 }));
        session.send(question.to_string().as_bytes()).await;
    }
    drop(session.stdin.take());
    // Its answers fill the pipe, and nobody reads them; the store must come free.
    tokio::time::timeout(crate::harness::process::PATIENCE, session.child.wait())
        .await
        .expect("it ends")
        .unwrap();
}

/// Bytes of memory that a process has.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_client_that_stops_reading_is_not_read_from_and_takes_no_memory() {
    const CALLS: u64 = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    let value = "a rather long value that answers, again and again ".repeat(2_000);
    done(&session.call("remember", json!({ "type": "context", "key": "k", "value": value })).await);
    let before = resident(session.child.id().unwrap());

    // Nobody reads the answers, of 200 KB each: before long nobody takes the questions either.
    let mut stdin = session.stdin.take().unwrap();
    let asking = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        for id in 0..CALLS {
            let question = tool(1_000 + id, "recall", &json!({ "query": "answers", "max_chars": 200_000 }));
            stdin.write_all(format!("{question}\n").as_bytes()).await.unwrap();
        }
    });
    tokio::time::sleep(Duration::from_secs(2)).await; // tidy: a process that does nothing has no event to wait for
    let grown = resident(session.child.id().unwrap()).saturating_sub(before);
    assert!(grown < 100 << 20, "it took {} MiB", grown >> 20);
    assert!(!asking.is_finished(), "it reads on and on");

    // It reads again, and all is answered.
    for _ in 0..CALLS {
        session.receive().await;
    }
    asking.await.unwrap();
    assert_eq!(session.end().await, (Vec::new(), Some(0)));
}
