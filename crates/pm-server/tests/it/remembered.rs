//! What is found, and what is no longer: replaced, deleted and expired items leave no trace.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::TestServer;

#[tokio::test]
async fn a_question_finds_an_error_in_other_words_and_its_solution_beside_it() {
    let server = TestServer::start().await;
    let id = server.project("shop").await;
    for (r#type, key, value) in [
        ("error", "login-500", "POST /login answers 500: connections to the session cache are refused"),
        ("solution", "login-500", "raised the pool of the session cache from 8 to 32 connections"),
        ("error", "invoice-pdf", "the PDF of an invoice is cut off at the second page"),
        ("context", "team", "the team meets on Mondays and deploys on Thursdays"),
        ("dependency", "postgres", "PostgreSQL 16 holds orders and customers"),
    ] {
        server.store(&id, r#type, key, json!(value)).await.expect(201);
    }
    for question in
        ["Why does logging in fail with a refused connection?", "session caching problem", "login-500"]
    {
        let found = server.recalled(&id, question).await;
        assert_eq!(found[..2], ["login-500", "login-500"], "{question}: {found:?}");
    }
    assert_eq!(server.recalled(&id, "when do we deploy?").await[0], "team");
    assert_eq!(server.recalled(&id, "which database keeps the customer's order?").await[0], "postgres");
}

#[tokio::test]
async fn metadata_and_nested_values_are_searched() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let item = json!({"project_id": id, "type": "context", "key": "k", "value": {"host": {"region": "Reykjavik"}},
        "metadata": {"speaker": "Wilhelmina", "tags": ["checkout", "payments"], "file": "src/billing/tax.rs"}});
    server.post("/api/memory/store", item).await.expect(201);
    server.store(&id, "context", "other", json!("something else")).await.expect(201);
    for query in
        ["what did Wilhelmina say", "payments", "src/billing/tax.rs", "reykjavik", "region", "tax.rs"]
    {
        assert_eq!(server.recalled(&id, query).await, ["k"], "{query}");
    }
}

#[tokio::test]
async fn a_replaced_value_is_found_and_the_old_one_is_not() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let words = ["walrus", "invoice", "gravity", "violin"];
    let item = |word: &str| json!({"type": "context", "key": "k", "value": word, "metadata": {"tag": format!("{word}tag")}});
    for (n, word) in words.iter().enumerate() {
        match n {
            0 | 1 => drop(server.store(&id, "context", "k", json!(word)).await),
            2 => {
                let body = json!({"value": word});
                server.put(&format!("/api/projects/{id}/memory/context/k"), body).await.expect(200);
            }
            _ => {
                let batch = json!({"project_id": id, "items": [item(word)]});
                server.post("/api/memory/store/batch", batch).await.expect(200);
            }
        }
        for (m, other) in words.iter().enumerate() {
            assert_eq!(server.recalled(&id, other).await.len(), usize::from(n == m), "{word}: {other}");
        }
    }
    assert_eq!(server.recalled(&id, "violintag").await, ["k"]);
    server.store(&id, "context", "k", json!("plain")).await.expect(200);
    for stale in ["violintag", "violin"] {
        assert!(server.recalled(&id, stale).await.is_empty(), "{stale}: all of the item is replaced");
    }
    assert_eq!(server.count(&id).await, 1);
}

#[tokio::test]
async fn a_deleted_item_is_found_nowhere() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    for key in ["a", "b", "c", "d"] {
        // Of texts that are the same only one would be answered.
        server.store(&id, "error", key, json!(format!("the walrus sings {key}{key}"))).await.expect(201);
    }
    for (n, gone) in [
        format!("/api/projects/{id}/memory/error/a"),
        format!("/api/memory/b?project_id={id}"),
        format!("/api/memory/{id}/c"),
    ]
    .iter()
    .enumerate()
    {
        server.delete(gone).await.expect(204);
        assert_eq!(server.recalled(&id, "walrus").await.len(), 3 - n, "{gone}");
        assert_eq!(server.recalled(&id, "").await.len(), 3 - n, "{gone}");
    }
    let cleared = server.delete(&format!("/api/projects/{id}/memory")).await.expect(200).json();
    assert_eq!(cleared, json!({"deleted": 1}));
    for query in ["walrus", ""] {
        assert!(server.recalled(&id, query).await.is_empty());
    }
    server.store(&id, "error", "a", json!("the walrus is back")).await.expect(201);
    assert_eq!(server.recalled(&id, "walrus").await, ["a"]);
}

/// Every way in which an item might still be seen.
async fn seen(server: &TestServer, id: &str, key: &str) -> Vec<bool> {
    let item = server.get(&format!("/api/projects/{id}/memory/error/{key}")).await;
    let list = server.get(&format!("/api/projects/{id}/memory?prefix={key}")).await.expect(200);
    let context = server.get(&format!("/api/projects/{id}/context?query=walrus")).await.expect(200).json();
    let mut context = context["items"].as_array().unwrap().iter();
    let total: u64 = list.header("x-total-count").parse().unwrap();
    vec![
        item.status == 200,
        !list.each("key").is_empty(),
        total > 0,
        server.recalled(id, "walrus").await.contains(&key.to_owned()),
        server.recalled(id, "").await.contains(&key.to_owned()),
        context.any(|item| item["key"] == key),
    ]
}

#[tokio::test]
async fn an_expired_item_is_found_nowhere() {
    let (server, _, clock) = TestServer::by_hand(&[("MAX_MEMORY_ITEMS", "2")]).await;
    let id = server.project("p").await;
    server.store(&id, "error", "lasting", json!("the walrus stays")).await.expect(201);
    let item =
        json!({"project_id": id, "type": "error", "key": "brief", "value": "the walrus goes", "ttl": 1});
    let stored = server.post("/api/memory/store", item.clone()).await.expect(201).json();
    assert_eq!(stored["expires_at"], "2026-03-05T14:07:01Z");
    clock.advance(SignedDuration::from_micros(999_999));
    assert_eq!(seen(&server, &id, "brief").await, [true; 6]);
    assert_eq!(server.count(&id).await, 2);
    clock.advance(SignedDuration::from_micros(1));
    assert_eq!(seen(&server, &id, "brief").await, [false; 6]);
    assert_eq!(seen(&server, &id, "lasting").await, [true; 6]);
    assert_eq!(server.count(&id).await, 1);
    let path = format!("/api/projects/{id}/memory/error/brief");
    server.delete(&path).await.problem(404, "memory_not_found");
    // It frees its place and counts as absent: the next one is new, not a replacement.
    server.post("/api/memory/store", item).await.expect(201);
    assert_eq!(seen(&server, &id, "brief").await, [true; 6]);
    // Stored again without a ttl, it lasts.
    let lasting =
        server.store(&id, "error", "brief", json!("the walrus came to stay")).await.expect(200).json();
    assert!(lasting.get("ttl").is_none() && lasting.get("expires_at").is_none(), "{lasting}");
    clock.advance(SignedDuration::from_hours(24 * 365));
    assert_eq!(seen(&server, &id, "brief").await, [true; 6]);
}

#[tokio::test]
async fn the_default_ttl_is_for_items_that_name_none() {
    let (server, _, clock) = TestServer::by_hand(&[("DEFAULT_TTL_SECONDS", "60")]).await;
    let id = server.project("p").await;
    let plain = server.store(&id, "error", "plain", json!("walrus")).await.expect(201).json();
    assert_eq!((&plain["ttl"], &plain["expires_at"]), (&json!(60), &json!("2026-03-05T14:08:00Z")));
    let put = server.put(&format!("/api/projects/{id}/memory/error/put"), json!({"value": "walrus"})).await;
    assert_eq!(put.expect(201).json()["ttl"], 60);
    let items = json!([{"type": "error", "key": "own", "value": "walrus", "ttl": 3600},
        {"type": "error", "key": "none", "value": "walrus"}]);
    server.post("/api/memory/store/batch", json!({"project_id": id, "items": items})).await.expect(200);
    clock.advance(SignedDuration::from_secs(60));
    assert_eq!(server.recalled(&id, "walrus").await, ["own"]);
    assert_eq!(server.recalled(&id, "").await, ["own"]);
    let list: Value = server.get(&format!("/api/projects/{id}/memory")).await.expect(200).json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}
