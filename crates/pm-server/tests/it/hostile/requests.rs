//! Requests that are right as HTTP has it, and ask for what is not there.

use http::Method;
use serde_json::json;

use crate::harness::TestServer;

#[tokio::test]
async fn odd_paths_are_problems_too() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    server.get("/nowhere").await.problem(404, "route_not_found");
    server.get("/api").await.problem(404, "route_not_found");
    server.get("/api/projects/%ff").await.problem(400, "malformed_request");
    server.get("/api/projects?search=%ff").await.problem(400, "malformed_request");
    server.get(&format!("/api/projects/{project}/memory/error/%00")).await.invalid("key");
    server.get(&format!("/api/projects/{project}/memory/error/{}", "k".repeat(513))).await.invalid("key");
    server.get(&format!("/api/projects/{project}/memory/bug/k")).await.invalid("type");
    let many = (0..100).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    server.get(&format!("/api/projects?{many}")).await.problem(400, "malformed_request");
    let answer = server.put("/api/projects", json!({})).await;
    assert!(answer.header("allow").contains("GET") && answer.header("allow").contains("POST"), "{answer:?}");
    answer.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_wherever_it_stands() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    server.store(&project, "context", "k", json!("v")).await.expect(201);
    let path = format!("/api/projects/{project}");
    for get in ["", "/memory", "/memory/count", "/memory/context/k", "/messages", "/context"] {
        server.get(&format!("{path}{get}?colour=red")).await.invalid("colour");
    }
    server.get(&format!("/api/memory/{project}/count?colour=red")).await.invalid("colour");
    let item = json!({"project_id": project, "type": "context", "key": "k2", "value": 1});
    server.post("/api/memory/store?colour=red", item).await.invalid("colour");
    server.put(&format!("{path}/memory/context/k?colour=red"), json!({"value": 2})).await.invalid("colour");
    server.patch(&format!("{path}?colour=red"), json!({"name": "q"})).await.invalid("colour");
    server.delete(&format!("{path}/memory/context/k?colour=red")).await.invalid("colour");
    server.delete(&format!("{path}?colour=red")).await.invalid("colour");
    assert_eq!(server.count(&project).await, 1);
    server.get("/health?probe=1").await.expect(200);
}

#[tokio::test]
async fn two_keys_for_one_write_are_refused() {
    let server = TestServer::start().await;
    let twice = [("idempotency-key", "a"), ("idempotency-key", "b")];
    server.call(Method::POST, "/api/projects", &twice, json!({"name": "n"})).await.invalid("Idempotency-Key");
    assert_eq!(server.get("/api/projects").await.expect(200).json(), json!([]));
}
