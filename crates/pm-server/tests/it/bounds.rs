//! Every bound of the contract, at it and just past it.

use serde_json::{Value, json};

use crate::harness::TestServer;

const KIB: usize = 1024;

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, _| json!([value]))
}

/// A string that takes `bytes` as JSON.
fn text(bytes: usize) -> String {
    "x".repeat(bytes - 2)
}

#[tokio::test]
async fn projects() {
    let server = TestServer::start().await;
    let post = async |field: &str, value: Value| {
        let mut body = json!({"name": "n"});
        body[field] = value;
        server.post("/api/projects", body).await
    };
    for (field, good, bad) in [
        ("name", json!("n"), json!("")),
        ("name", json!("é".repeat(200)), json!("é".repeat(201))),
        ("name", json!(format!("  {}  ", "n".repeat(200))), json!("   \t\n ")),
        ("description", json!("語".repeat(10_000)), json!("語".repeat(10_001))),
        ("metadata", json!({"k": text(16 * KIB - 6)}), json!({"k": text(16 * KIB - 5)})),
        ("metadata", nested_object(127), nested_object(128)),
        ("metadata", json!({}), json!([])),
        ("name", json!("n"), json!(1)),
        ("name", json!("n"), Value::Null),
    ] {
        post(field, good).await.expect(201);
        post(field, bad).await.invalid(field);
    }
    let made = server.get("/api/projects?limit=1000").await.expect(200).json().as_array().unwrap().len();
    assert_eq!(made, 9, "what was refused was not stored");
    for field in ["id", "created_at", "updated_at", "status", "colour"] {
        post(field, json!("x")).await.invalid(field);
    }
    server.post("/api/projects", json!({})).await.invalid("name");
    let id = server.project("p").await;
    for field in ["id", "created_at", "updated_at"] {
        server.patch(&format!("/api/projects/{id}"), json!({field: "x"})).await.invalid(field);
        server.put(&format!("/api/projects/{id}"), json!({"name": "n", field: "x"})).await.invalid(field);
    }
    server.patch(&format!("/api/projects/{id}"), json!({"name": null})).await.invalid("name");
    server.patch(&format!("/api/projects/{id}"), json!({"status": "gone"})).await.invalid("status");
    server.put(&format!("/api/projects/{id}"), json!({})).await.invalid("name");
}

fn nested_object(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, _| json!({ "k": value }))
}

#[tokio::test]
async fn items() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    let post = async |field: &str, value: Value| {
        let mut body = json!({"project_id": project, "type": "error", "key": "k", "value": 1});
        body[field] = value;
        server.post("/api/memory/store", body).await
    };
    for (field, good, bad) in [
        ("key", json!("k".repeat(512)), json!("k".repeat(513))),
        ("key", json!("é".repeat(256)), json!("é".repeat(257))),
        ("key", json!(" "), json!("")),
        ("key", json!("k"), json!("a\nb")),
        ("key", json!("k"), json!("a\u{7f}b")),
        ("key", json!("k"), json!("a\u{9f}b")),
        ("value", json!(text(256 * KIB)), json!(text(256 * KIB + 1))),
        ("value", nested(127), nested(128)),
        ("value", Value::Null, nested(129)),
        ("metadata", json!({"k": text(16 * KIB - 6)}), json!({"k": text(16 * KIB - 5)})),
        ("metadata", json!({"tags": ["a", 1, true, null]}), json!({"tags": {"a": 1}})),
        ("metadata", json!({"n": 1.5}), json!({"tags": [["a"]]})),
        ("ttl", json!(1), json!(0)),
        ("ttl", json!(315_360_000), json!(315_360_001)),
        ("ttl", json!(60), json!(-1)),
        ("ttl", json!(60), json!(1.5)),
        ("ttl", json!(60), json!("60")),
        ("ttl", Value::Null, json!(true)),
        ("session_id", json!("s".repeat(512)), json!("s".repeat(513))),
        ("session_id", json!("s"), json!("")),
        ("session_id", json!("s"), json!("\u{1}")),
        ("importance", json!(0), json!(-0.001)),
        ("importance", json!(1), json!(1.001)),
        ("relevance", json!(0.5), json!("high")),
        ("timestamp", json!("2026-03-05T14:07:00Z"), json!("2026-03-05")),
        ("timestamp", json!("2026-03-05t14:07:00.123456789+01:00"), json!("2026-03-05T14:07:00")),
        ("timestamp", json!("9999-12-30T00:00:00Z"), json!("2026-13-05T14:07:00Z")),
        ("timestamp", json!("0001-01-01T00:00:00Z"), json!("0000-01-01T00:00:00+23:59")),
        ("timestamp", json!("2024-02-29T00:00:00Z"), json!(1_700_000_000)),
        ("type", json!("error"), json!("Error")),
        ("type", json!("dependency"), json!("MessageType.ERROR")),
        ("project_id", json!(project), json!(7)),
    ] {
        let refused = post(field, bad).await.problem(422, "validation_error");
        let named = refused["errors"][0]["field"].as_str().unwrap();
        assert!(named == field || named.starts_with(&format!("{field}.")), "{named}");
        let stored = post(field, good).await;
        assert!(stored.status.is_success(), "{field}: {stored:?}");
    }
    post("colour", json!(1)).await.invalid("colour");
    post("expires_at", json!("2026-03-05T14:07:00Z")).await.invalid("expires_at");
    let nothing = server.post("/api/memory/store", json!({})).await.problem(422, "validation_error");
    let named: Vec<_> =
        nothing["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(named, ["project_id", "type", "key", "value"], "every fault at once");
}

#[tokio::test]
async fn messages() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    let path = format!("/api/projects/{project}/messages");
    let post = async |field: &str, value: Value| {
        let mut body = json!({"role": "user", "content": "c"});
        body[field] = value;
        server.post(&path, body).await
    };
    for (field, named, good, bad) in [
        ("role", "role", json!("ai_pm"), json!("assistant")),
        ("content", "content", json!("c"), json!("")),
        ("content", "content", json!("c".repeat(256 * KIB)), json!("c".repeat(256 * KIB + 1))),
        ("content", "content", json!("é".repeat(128 * KIB)), json!("é".repeat(128 * KIB + 1))),
        ("session_id", "session_id", json!("s".repeat(512)), json!("s".repeat(513))),
        ("metadata", "metadata.confidence", json!({"confidence": 1}), json!({"confidence": 1.1})),
        (
            "metadata",
            "metadata.for_developer",
            json!({"for_developer": true}),
            json!({"for_developer": "yes"}),
        ),
        (
            "metadata",
            "metadata.memory_keys[1]",
            json!({"memory_keys": ["a", "b"]}),
            json!({"memory_keys": ["a", ""]}),
        ),
        ("metadata", "metadata.colour", json!({}), json!({"colour": 1})),
        (
            "metadata",
            "metadata",
            json!({"summary": text(16 * KIB - 12)}),
            json!({"summary": text(16 * KIB - 11)}),
        ),
    ] {
        post(field, good).await.expect(201);
        post(field, bad).await.invalid(named);
    }
    post("id", json!("x")).await.invalid("id");
    let total = server.get(&path).await.expect(200);
    assert_eq!(total.header("x-total-count"), "10");
    let plain =
        server.post(&path, json!({"role": "user", "content": "c", "metadata": {}})).await.expect(201).json();
    assert_eq!(plain["metadata"], json!({"for_developer": false}));
}

#[tokio::test]
async fn recalls_batches_and_pages() {
    let server = TestServer::with(&[("MAX_MEMORY_ITEMS", "0")]).await;
    let project = server.project("p").await;
    let recall = async |field: &str, value: Value| {
        let mut body = json!({"project_id": project, "query": "q"});
        body[field] = value;
        server.post("/api/memory/recall", body).await
    };
    for (field, named, good, bad) in [
        ("query", "query", json!("q".repeat(8 * KIB)), json!("q".repeat(8 * KIB + 1))),
        ("query", "query", json!(""), json!(["q"])),
        ("limit", "limit", json!(1), json!(0)),
        ("limit", "limit", json!(1000), json!(1001)),
        ("min_relevance", "min_relevance", json!(1), json!(1.5)),
        ("memory_types", "memory_types[1]", json!(["error", "solution"]), json!(["error", "bug"])),
        ("memory_types", "memory_types", json!([]), json!("error")),
        ("since", "since", json!("2026-03-05T14:07:00Z"), json!("yesterday")),
        ("explain", "explain", json!(true), json!(1)),
        ("colour", "colour", Value::Null, json!(1)),
    ] {
        if field != "colour" {
            recall(field, good).await.expect(200);
        }
        recall(field, bad).await.invalid(named);
    }
    let item = |n: usize| json!({"type": "context", "key": format!("k{n}"), "value": n});
    let batch = async |items: Vec<Value>| {
        server.post("/api/memory/store/batch", json!({"project_id": project, "items": items})).await
    };
    assert_eq!(batch(vec![]).await.expect(200).json(), json!([]));
    assert_eq!(batch((0..1000).map(item).collect()).await.expect(200).json().as_array().unwrap().len(), 1000);
    batch((0..1001).map(item).collect()).await.invalid("items");
    batch(vec![item(1), item(2), item(1)]).await.invalid("items[2]");
    batch(vec![item(5000), json!({"type": "context", "key": "", "value": 1})]).await.invalid("items[1].key");
    batch(vec![json!(7)]).await.invalid("items[0]");
    let mut deep = item(0);
    deep["value"] = nested(127);
    batch(vec![deep.clone()]).await.expect(200);
    deep["value"] = nested(128);
    batch(vec![deep]).await.invalid("items[0].value");
    assert_eq!(server.count(&project).await, 1000, "a batch that is refused stores nothing");
    let pages = format!("/api/projects/{project}/memory");
    assert_eq!(
        server.get(&format!("{pages}?limit=1000")).await.expect(200).json().as_array().unwrap().len(),
        1000
    );
    assert_eq!(server.get(&pages).await.expect(200).json().as_array().unwrap().len(), 100);
    server.get(&format!("{pages}?limit=1001")).await.invalid("limit");
}

#[tokio::test]
async fn bodies() {
    let server = TestServer::with(&[("MAX_BODY_BYTES", "4096")]).await;
    let body = |bytes: usize| {
        let mut body = br#"{"name":"n"}"#.to_vec();
        body.resize(bytes, b' ');
        body
    };
    server.post_bytes("/api/projects", body(4096)).await.expect(201);
    server.post_bytes("/api/projects", body(4097)).await.problem(413, "payload_too_large");
    server.post_bytes("/api/projects", body(8 * KIB * KIB)).await.problem(413, "payload_too_large");
}

#[tokio::test]
async fn the_limit_of_items() {
    let server = TestServer::with(&[("MAX_MEMORY_ITEMS", "3")]).await;
    let project = server.project("p").await;
    for n in 0..3 {
        server.store(&project, "context", &format!("k{n}"), json!(n)).await.expect(201);
    }
    server.store(&project, "context", "k3", json!(3)).await.problem(409, "memory_limit_reached");
    server.store(&project, "context", "k0", json!("replaced")).await.expect(200);
    let items =
        json!([{"type": "context", "key": "k1", "value": 1}, {"type": "error", "key": "new", "value": 1}]);
    let batch = json!({"project_id": project, "items": items});
    server.post("/api/memory/store/batch", batch).await.problem(409, "memory_limit_reached");
    assert_eq!(server.count(&project).await, 3);
    server.delete(&format!("/api/memory/k1?project_id={project}")).await.expect(204);
    server.store(&project, "context", "k3", json!(3)).await.expect(201);
    let other = server.project("other").await;
    server.store(&other, "context", "k", json!(1)).await.expect(201);
}

#[tokio::test]
async fn the_oldest_item_makes_room_where_that_is_the_policy() {
    let server =
        TestServer::with(&[("MAX_MEMORY_ITEMS", "2"), ("MEMORY_LIMIT_POLICY", "evict_oldest")]).await;
    let project = server.project("p").await;
    let put = async |key: &str, day: u8| {
        let body = json!({"project_id": project, "type": "context", "key": key, "value": key,
            "timestamp": format!("2026-03-{day:02}T00:00:00Z")});
        server.post("/api/memory/store", body).await.expect(201).header("x-evicted-key").to_owned()
    };
    assert_eq!(put("newer", 2).await, "");
    assert_eq!(put("old / über", 1).await, "");
    assert_eq!(put("newest", 3).await, "old%20%2F%20%C3%BCber");
    assert_eq!(server.recalled(&project, "").await, ["newest", "newer"]);
}
