//! `Idempotency-Key`: a write that is repeated is answered as it was the first time, and not done again.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

async fn post(server: &TestServer, path: &str, key: &str, body: Value) -> Answer {
    server.call(Method::POST, path, &[("idempotency-key", key)], body).await
}

/// The four that create: where, and what is sent; the last entry is another body for the same place.
fn kinds(id: &str) -> [(String, Value, Value); 4] {
    let item =
        |key: &str| json!({"project_id": id, "type": "error", "key": key, "value": {"a": 1, "b": [2]}});
    let batch = |key: &str| json!({"project_id": id, "items": [{"type": "error", "key": key, "value": 1}]});
    [
        ("/api/projects".to_owned(), json!({"name": "n"}), json!({"name": "m"})),
        (
            format!("/api/projects/{id}/messages"),
            json!({"role": "user", "content": "c"}),
            json!({"role": "user", "content": "d"}),
        ),
        ("/api/memory/store".to_owned(), item("one"), item("two")),
        ("/api/memory/store/batch".to_owned(), batch("three"), batch("four")),
    ]
}

/// How many projects, messages and items there are.
async fn totals(server: &TestServer, id: &str) -> [String; 3] {
    let mut totals = [const { String::new() }; 3];
    for (total, path) in totals.iter_mut().zip([
        "/api/projects".to_owned(),
        format!("/api/projects/{id}/messages"),
        format!("/api/projects/{id}/memory"),
    ]) {
        server.get(&path).await.expect(200).header("x-total-count").clone_into(total);
    }
    totals
}

#[track_caller]
fn same(first: &Answer, again: &Answer) {
    assert_eq!(again.status, first.status, "{again:?}");
    assert_eq!(again.json(), first.json());
    for header in ["etag", "location", "content-type", "x-evicted-key"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_does_nothing() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    for (path, body, other) in kinds(&id) {
        let first = post(&server, &path, "key", body.clone()).await;
        assert!(first.status.is_success(), "{first:?}");
        let after = totals(&server, &id).await;
        same(&first, &post(&server, &path, "key", body.clone()).await);
        same(&first, &post(&server, &format!("{path}/"), "key", body.clone()).await);
        post(&server, &path, "key", other.clone()).await.problem(422, "idempotency_mismatch");
        assert_eq!(totals(&server, &id).await, after, "{path}");
        // Another key is another write.
        assert!(post(&server, &path, "another", other).await.status.is_success());
        assert_ne!(totals(&server, &id).await, after, "{path}");
        same(&first, &post(&server, &path, "key", body).await);
    }
}

#[tokio::test]
async fn a_repeat_does_not_bring_back_what_has_changed_since() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let [_, _, (path, body, _), _] = kinds(&id);
    let first = post(&server, &path, "key", body.clone()).await.expect(201);
    let item = first.header("location").to_owned();
    server.put(&item, json!({"value": "newer"})).await.expect(200);
    same(&first, &post(&server, &path, "key", body.clone()).await);
    assert_eq!(server.get(&item).await.expect(200).json()["value"], "newer");
    server.delete(&item).await.expect(204);
    same(&first, &post(&server, &path, "key", body.clone()).await);
    server.get(&item).await.problem(404, "memory_not_found");
    server.patch(&format!("/api/projects/{id}"), json!({"status": "archived"})).await.expect(200);
    same(&first, &post(&server, &path, "key", body.clone()).await);
    post(&server, &path, "new key", body).await.problem(409, "project_archived");
}

#[tokio::test]
async fn what_made_room_is_named_again_and_nothing_else_makes_room() {
    let server =
        TestServer::with(&[("MAX_MEMORY_ITEMS", "2"), ("MEMORY_LIMIT_POLICY", "evict_oldest")]).await;
    let id = server.project("p").await;
    for key in ["oldest", "older"] {
        server.store(&id, "context", key, json!(1)).await.expect(201);
    }
    let [_, _, (path, body, _), _] = kinds(&id);
    let first = post(&server, &path, "key", body.clone()).await.expect(201);
    assert_eq!(first.header("x-evicted-key"), "oldest");
    same(&first, &post(&server, &path, "key", body).await);
    assert_eq!(server.recalled(&id, "").await, ["one", "older"]);
}

#[tokio::test]
async fn bodies_are_compared_as_json() {
    let server = TestServer::start().await;
    let raw = async |body: &str| {
        let request = Request::post("/api/projects").header("content-type", "application/json");
        let request = request.header("idempotency-key", "key").body(Body::from(body.to_owned()));
        server.send(request.unwrap()).await
    };
    let first = raw(r#"{"name":"n","metadata":{"a":1,"b":[1,2]}}"#).await.expect(201);
    same(&first, &raw("{ \"metadata\" : {\"b\":[1, 2],\n\"a\":1}, \"name\":\"\\u006e\" }").await);
    raw(r#"{"name":"n","metadata":{"a":1,"b":[2,1]}}"#).await.problem(422, "idempotency_mismatch");
    raw(r#"{"name":"n"}"#).await.problem(422, "idempotency_mismatch");
}

#[tokio::test]
async fn a_key_belongs_to_its_path() {
    let server = TestServer::start().await;
    let (id, other) = (server.project("p").await, server.project("other").await);
    let mut locations = Vec::new();
    for (path, body, _) in kinds(&id).into_iter().chain(kinds(&other).into_iter().skip(1).take(1)) {
        let answer = post(&server, &path, "the same", body).await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        locations.push((answer.header("location").to_owned(), answer.body));
    }
    let distinct: std::collections::HashSet<_> = locations.iter().collect();
    assert_eq!(distinct.len(), 5);
}

#[tokio::test]
async fn only_what_was_done_is_remembered() {
    let server = TestServer::with(&[("MAX_MEMORY_ITEMS", "1")]).await;
    let id = server.project("p").await;
    let [_, (messages, message, _), (store, item, _), _] = kinds(&id);
    // 422, then a good body under the same key.
    post(&server, "/api/projects", "a", json!({"name": ""})).await.invalid("name");
    post(&server, "/api/projects", "a", json!({"name": "good"})).await.expect(201);
    // 404, then the same once the fault is gone is another path; 409, then the same body.
    let nowhere = "/api/projects/0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f/messages";
    post(&server, nowhere, "b", message.clone()).await.problem(404, "project_not_found");
    post(&server, nowhere, "b", json!({"role": "user", "content": "d"}))
        .await
        .problem(404, "project_not_found");
    server.patch(&format!("/api/projects/{id}"), json!({"status": "archived"})).await.expect(200);
    post(&server, &messages, "c", message.clone()).await.problem(409, "project_archived");
    server.patch(&format!("/api/projects/{id}"), json!({"status": "active"})).await.expect(200);
    post(&server, &messages, "c", message).await.expect(201);
    server.store(&id, "context", "in the way", json!(1)).await.expect(201);
    post(&server, &store, "d", item.clone()).await.problem(409, "memory_limit_reached");
    server.delete(&format!("/api/projects/{id}/memory")).await.expect(200);
    let done = post(&server, &store, "d", item.clone()).await.expect(201);
    same(&done, &post(&server, &store, "d", item).await);
}

#[tokio::test]
async fn of_64_twins_at_once_one_is_done() {
    let server = Arc::new(TestServer::start().await);
    let id = server.project("p").await;
    for (path, body, _) in kinds(&id) {
        let before = totals(&server, &id).await;
        let twins = (0..64).map(|_| {
            let (server, path, body) = (server.clone(), path.clone(), body.clone());
            tokio::spawn(async move { post(&server, &path, "twins", body).await })
        });
        let mut answers = Vec::new();
        for twin in twins.collect::<Vec<_>>() {
            answers.push(twin.await.unwrap());
        }
        for answer in &answers {
            assert!(answer.status.is_success(), "{answer:?}");
            same(&answers[0], answer);
        }
        let sum = |totals: [String; 3]| totals.iter().map(|total| total.parse::<u64>().unwrap()).sum::<u64>();
        assert_eq!(sum(totals(&server, &id).await), sum(before) + 1, "{path}");
    }
}

#[tokio::test]
async fn it_survives_a_restart() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let mut first = Vec::new();
    for (path, body, _) in kinds(&id) {
        first.push(post(&server, &path, "key", body).await);
    }
    let before = totals(&server, &id).await;
    let server = TestServer::start_in(server.stop().await, &[]).await;
    for ((path, body, other), first) in kinds(&id).into_iter().zip(&first) {
        same(first, &post(&server, &path, "key", body).await);
        post(&server, &path, "key", other).await.problem(422, "idempotency_mismatch");
    }
    assert_eq!(totals(&server, &id).await, before);
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    let server = TestServer::start().await;
    for key in ["k".repeat(255), "k".repeat(254), "\"quoted\" {json} %2F".to_owned()] {
        let first = post(&server, "/api/projects", &key, json!({"name": "n"})).await.expect(201);
        same(&first, &post(&server, "/api/projects", &key, json!({"name": "n"})).await);
    }
    for key in ["k".repeat(256), String::new()] {
        post(&server, "/api/projects", &key, json!({"name": "n"})).await.invalid("Idempotency-Key");
    }
    assert_eq!(server.get("/api/projects").await.header("x-total-count"), "3");
}

#[tokio::test]
async fn it_is_forgotten_after_a_day() {
    let (server, _, clock) = TestServer::by_hand(&[]).await;
    let id = server.project("p").await;
    let mut first = Vec::new();
    for (path, body, _) in kinds(&id) {
        first.push(post(&server, &path, "key", body).await);
    }
    clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    for ((path, body, _), first) in kinds(&id).into_iter().zip(&first) {
        same(first, &post(&server, &path, "key", body).await);
    }
    clock.advance(SignedDuration::from_secs(2));
    for (path, _, other) in kinds(&id) {
        let new = post(&server, &path, "key", other).await;
        assert!(new.status.is_success(), "{path}: another body is no mismatch any more: {new:?}");
    }
    assert_eq!(totals(&server, &id).await, ["3", "2", "4"]);
}
