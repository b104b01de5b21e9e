//! Contexts: what an assistant needs for its next answer.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::harness::TestServer;

async fn say(server: &TestServer, id: &str, role: &str, content: &str) {
    let message = json!({"role": role, "content": content});
    server.post(&format!("/api/projects/{id}/messages"), message).await.expect(201);
}

async fn context(server: &TestServer, id: &str, query: Option<&str>) -> Value {
    let query = query.map(|query| format!("?query={}", utf8_percent_encode(query, NON_ALPHANUMERIC)));
    let answer = server.get(&format!("/api/projects/{id}/context{}", query.unwrap_or_default())).await;
    answer.expect(200).json()
}

fn strings(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| entry[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn without_anything_there_is_an_empty_context() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let empty = json!({"query": "", "messages": [], "items": [], "confidence": 0.0, "sufficient": false});
    assert_eq!(context(&server, &id, None).await, empty);
}

#[tokio::test]
async fn the_query_is_the_one_given_or_the_last_user_message() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    for (key, value) in [("cache", "the session cache is cold"), ("pdf", "the invoice is cut off")] {
        server.store(&id, "error", key, json!(value)).await.expect(201);
    }
    say(&server, &id, "user", "what about the invoice?").await;
    say(&server, &id, "user", "and the session cache?").await;
    for n in 0..12 {
        say(&server, &id, "ai_pm", &format!("the invoice, answer {n}")).await;
        say(&server, &id, "system", "an invoice came").await;
    }
    let asked = context(&server, &id, None).await;
    assert_eq!(asked["query"], "and the session cache?", "however long ago it was said");
    assert_eq!(strings(&asked["items"], "key"), ["cache"]);
    let given = context(&server, &id, Some("the invoice & more?")).await;
    assert_eq!(given["query"], "the invoice & more?");
    assert_eq!(strings(&given["items"], "key"), ["pdf"]);
    let blank = context(&server, &id, Some(" ")).await;
    assert_eq!(blank["query"], " ");
    assert_eq!(strings(&blank["items"], "key"), ["pdf", "cache"], "the newest first");
    assert!(blank["items"][0].get("relevance").is_none());
    assert_eq!((&blank["confidence"], &blank["sufficient"]), (&json!(0.0), &json!(false)));
}

#[tokio::test]
async fn a_last_message_longer_than_a_query_may_be_is_no_fault() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    server.store(&id, "error", "cache", json!("the session cache is cold")).await.expect(201);
    say(&server, &id, "user", &format!("the session cache {}", "語".repeat(80_000))).await;
    let asked = context(&server, &id, None).await;
    assert_eq!(strings(&asked["items"], "key"), ["cache"]);
    assert!(asked["query"].as_str().unwrap().len() <= 8192);
    let path = format!("/api/projects/{id}/context?query={}", "q".repeat(8193));
    server.get(&path).await.invalid("query");
}

#[tokio::test]
async fn the_last_messages_come_oldest_first_as_many_as_the_window() {
    let server = TestServer::with(&[("CONTEXT_WINDOW_SIZE", "3")]).await;
    let id = server.project("p").await;
    for n in 0..5 {
        say(&server, &id, ["user", "ai_pm"][n % 2], &format!("message {n}")).await;
        server
            .store(&id, "context", &format!("k{n}"), json!(format!("message {n} of a walrus")))
            .await
            .expect(201);
    }
    let shown = context(&server, &id, Some("walrus")).await;
    assert_eq!(strings(&shown["messages"], "content"), ["message 2", "message 3", "message 4"]);
    assert_eq!(shown["items"].as_array().unwrap().len(), 3);
    let list = server.get(&format!("/api/projects/{id}/messages?sort=timestamp")).await.expect(200).json();
    assert_eq!(shown["messages"].as_array().unwrap()[..], list.as_array().unwrap()[2..], "whole messages");
}

#[tokio::test]
async fn items_are_those_of_a_recall() {
    let server = TestServer::start().await;
    let (id, other) = (server.project("p").await, server.project("other").await);
    for n in 0..15 {
        server
            .store(&id, "error", &format!("k{n}"), json!(format!("walrus {}", "sea ".repeat(n))))
            .await
            .expect(201);
        server.store(&other, "error", &format!("o{n}"), json!("walrus")).await.expect(201);
    }
    let recalled = server.post("/api/memory/recall", json!({"project_id": id, "query": "walrus"})).await;
    let recalled = recalled.expect(200).json();
    let shown = context(&server, &id, Some("walrus")).await;
    assert_eq!(shown["items"], recalled);
    assert_eq!(shown["items"].as_array().unwrap().len(), 10);
    let confidence = shown["confidence"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&confidence) && confidence > 0.0, "{confidence}");
}

#[tokio::test]
async fn it_is_sufficient_from_the_threshold_on() {
    for (threshold, sufficient) in [("0", true), ("0.01", true), ("1", false)] {
        let server = TestServer::with(&[("CONFIDENCE_THRESHOLD", threshold)]).await;
        let id = server.project("p").await;
        server.store(&id, "error", "walrus", json!("the walrus sings")).await.expect(201);
        for n in 0..20 {
            server.store(&id, "context", &format!("k{n}"), json!(format!("note {n}"))).await.expect(201);
        }
        let shown = context(&server, &id, Some("walrus")).await;
        assert_eq!(shown["sufficient"], sufficient, "{threshold}: {}", shown["confidence"]);
        let empty = server.project("empty").await;
        let nothing = context(&server, &empty, Some("walrus")).await;
        assert_eq!(nothing["confidence"], 0.0);
        assert_eq!(nothing["sufficient"], threshold == "0");
    }
}

#[tokio::test]
async fn messages_are_not_recalled_as_memory() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    say(&server, &id, "user", "the walrus sings").await;
    assert!(server.recalled(&id, "walrus").await.is_empty());
    assert!(server.recalled(&id, "").await.is_empty());
    assert_eq!(server.count(&id).await, 0);
    let shown = context(&server, &id, Some("walrus")).await;
    assert_eq!((shown["items"].clone(), shown["messages"].as_array().unwrap().len()), (json!([]), 1));
}
