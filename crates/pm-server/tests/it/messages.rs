//! Messages.

use http::Method;
use serde_json::{Value, json};

use crate::harness::TestServer;

const NOBODY: &str = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";

#[tokio::test]
async fn a_message_from_its_saying_to_its_end() {
    let (server, _, clock) = TestServer::by_hand(&[]).await;
    let id = server.project("p").await;
    let list = format!("/api/projects/{id}/messages");
    let said =
        server.post(&format!("{list}/"), json!({"role": "user", "content": " hello\n"})).await.expect(201);
    let message = said.json();
    let path = format!("{list}/{}", message["id"].as_str().unwrap());
    assert_eq!(said.header("location"), path);
    let wanted = json!({"id": message["id"], "project_id": id, "role": "user", "content": " hello\n",
        "timestamp": "2026-03-05T14:07:00Z"});
    assert_eq!(message, wanted, "absent fields are left out, and content is kept as it is");

    clock.advance(jiff::SignedDuration::from_secs(1));
    let read = server.get(&path).await.expect(200);
    assert_eq!((read.json(), read.header("etag")), (message.clone(), said.header("etag")));
    assert_eq!(server.get(&list).await.expect(200).json(), json!([message]));
    let known = [("if-none-match", said.header("etag"))];
    let same = server.call(Method::GET, &path, &known, Value::Null).await.expect(304);
    assert!(same.body.is_empty() && same.header("etag") == said.header("etag"));

    for stale in ["\"999\"", "W/\"1\"", "x"] {
        let condition = [("if-match", stale)];
        server.call(Method::DELETE, &path, &condition, Value::Null).await.problem(412, "precondition_failed");
    }
    let current = [("if-match", said.header("etag"))];
    server.call(Method::DELETE, &path, &current, Value::Null).await.expect(204);
    server.get(&path).await.problem(404, "message_not_found");
    server.delete(&path).await.problem(404, "message_not_found");
    let any = [("if-match", "*")];
    server.call(Method::DELETE, &path, &any, Value::Null).await.problem(412, "precondition_failed");
    assert_eq!(server.get(&list).await.expect(200).header("x-total-count"), "0");
}

#[tokio::test]
async fn metadata_is_answered_with_its_default() {
    let server = TestServer::start().await;
    let list = format!("/api/projects/{}/messages", server.project("p").await);
    let full = json!({"for_developer": true, "instruction": "restart it", "summary": "s", "confidence": 0.25,
        "memory_keys": ["login-500", "a/b"]});
    for (sent, kept) in [
        (json!({}), json!({"for_developer": false})),
        (json!({"confidence": 0}), json!({"for_developer": false, "confidence": 0.0})),
        (json!({"for_developer": null, "summary": null}), json!({"for_developer": false})),
        (json!({"memory_keys": []}), json!({"for_developer": false, "memory_keys": []})),
        (full.clone(), full),
    ] {
        let said =
            server.post(&list, json!({"role": "ai_pm", "content": "c", "metadata": sent})).await.expect(201);
        assert_eq!(said.json()["metadata"], kept, "{sent}");
        assert_eq!(server.get(said.header("location")).await.expect(200).json()["metadata"], kept);
    }
    let bare =
        server.post(&list, json!({"role": "ai_pm", "content": "c", "metadata": null})).await.expect(201);
    assert!(bare.json().get("metadata").is_none(), "none was sent");
}

#[tokio::test]
async fn messages_of_one_moment_are_listed_in_the_order_they_came() {
    let (server, ..) = TestServer::by_hand(&[]).await;
    let list = format!("/api/projects/{}/messages", server.project("p").await);
    for n in 0..20 {
        let message = json!({"role": "user", "content": format!("{n:02}")});
        server.post(&list, message).await.expect(201);
    }
    let told = server.get(&format!("{list}?sort=timestamp")).await.expect(200).each("content");
    assert!(told.is_sorted() && told.len() == 20, "{told:?}");
    let newest = server.get(&list).await.expect(200).each("content");
    assert!(newest.iter().rev().is_sorted(), "{newest:?}");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = TestServer::start().await;
    let (id, other) = (server.project("p").await, server.project("other").await);
    let list = format!("/api/projects/{id}/messages");
    let said = server.post(&list, json!({"role": "user", "content": "c"})).await.expect(201).json();
    let said = said["id"].as_str().unwrap();
    for absent in [NOBODY, "no-id", "0", "00000000-0000-0000-0000-000000000000", &said.to_uppercase()] {
        let path = format!("{list}/{absent}");
        server.get(&path).await.problem(404, "message_not_found");
        server.delete(&path).await.problem(404, "message_not_found");
    }
    let elsewhere = format!("/api/projects/{other}/messages/{said}");
    server.get(&elsewhere).await.problem(404, "message_not_found");
    server.delete(&elsewhere).await.problem(404, "message_not_found");
    let nowhere = format!("/api/projects/{NOBODY}/messages");
    server.get(&nowhere).await.problem(404, "project_not_found");
    server.get(&format!("{nowhere}/{said}")).await.problem(404, "project_not_found");
    server.delete(&format!("{nowhere}/{said}")).await.problem(404, "project_not_found");
    server.post(&nowhere, json!({"role": "user", "content": "c"})).await.problem(404, "project_not_found");
    server.get(&format!("{list}/{said}")).await.expect(200);
    server.put(&format!("{list}/{said}"), json!({})).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn messages_go_with_their_project() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let list = format!("/api/projects/{id}/messages");
    let said = server.post(&list, json!({"role": "system", "content": "c"})).await.expect(201);
    server.delete(&format!("/api/projects/{id}")).await.expect(204);
    server.get(said.header("location")).await.problem(404, "project_not_found");
    server.get(&list).await.problem(404, "project_not_found");
}
