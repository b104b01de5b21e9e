//! A solution comes along with its error.

use serde_json::{Value, json};

use crate::harness::TestServer;

async fn filled(server: &TestServer) -> String {
    let id = server.project("p").await;
    for (key, value) in [
        ("login-500", "POST /login answers 500: ECONNREFUSED by the session cache"),
        ("login-slow", "POST /login takes ten seconds, and the session cache is cold"),
        ("pdf", "invoices are printed without their last page"),
    ] {
        server.store(&id, "error", key, json!(value)).await.expect(201);
    }
    server.store(&id, "solution", "login-500", json!("set CACHE_POOL=32, then restart")).await.expect(201);
    id
}

async fn recall(server: &TestServer, id: &str, query: &str) -> Vec<Value> {
    let request = json!({"project_id": id, "query": query, "explain": true});
    server.post("/api/memory/recall", request).await.expect(200).json().as_array().unwrap().clone()
}

fn place(items: &[Value], r#type: &str, key: &str) -> Option<usize> {
    items.iter().position(|item| item["type"] == r#type && item["key"] == key)
}

#[tokio::test]
async fn a_solution_comes_right_behind_the_error_of_its_key() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    let items = recall(&server, &id, "ECONNREFUSED session").await;
    assert_eq!(
        (place(&items, "error", "login-500"), place(&items, "solution", "login-500")),
        (Some(0), Some(1))
    );
    assert!(items[1]["explain"]["link"].as_f64().unwrap() > 0.0, "{items:?}");
    assert_eq!(items[0]["explain"]["link"], 0.0);
    let context = format!("/api/projects/{id}/context?query=ECONNREFUSED+session");
    let context = server.get(&context).await.expect(200).json();
    let shown = context["items"].as_array().unwrap();
    assert_eq!(place(shown, "error", "login-500").map(|at| at + 1), place(shown, "solution", "login-500"));
    assert!(place(shown, "solution", "login-500").is_some());
}

#[tokio::test]
async fn a_solution_names_the_errors_that_it_solves() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    for solves in [json!("pdf"), json!(["login-slow", "pdf", 7])] {
        let item = json!({"project_id": id, "type": "solution", "key": "other", "value": "CALL BOB",
            "metadata": {"solves": solves}});
        server.post("/api/memory/store", item).await;
        let items = recall(&server, &id, "invoices printed").await;
        let error = place(&items, "error", "pdf").unwrap();
        assert_eq!(place(&items, "solution", "other"), Some(error + 1), "{solves}");
    }
    // Only solutions solve.
    let item = json!({"project_id": id, "type": "context", "key": "note", "value": "WALRUS", "metadata": {"solves": "pdf"}});
    server.post("/api/memory/store", item).await.expect(201);
    assert_eq!(place(&recall(&server, &id, "invoices printed").await, "context", "note"), None);
    server.delete(&format!("/api/projects/{id}/memory/solution/other")).await.expect(204);
    assert_eq!(place(&recall(&server, &id, "invoices printed").await, "solution", "other"), None);
}
