//! The same question gets the same answer through each door, and the same fault the same code.

use http::Method;
use serde_json::{Value, json};

use super::{call, code, done};
use crate::harness::TestServer;
use crate::harness::process::{self, Ran};

const ITEMS: [(&str, &str, &str); 5] = [
    ("error", "login-500", "Login answers 500 when the session store is down"),
    ("solution", "login-500", "Restart Redis and raise its maxmemory"),
    ("context", "stack", "The shop runs on axum and SQLite"),
    ("dependency", "redis", "Redis 7 keeps the sessions"),
    ("error", "E0382", "borrow of moved value in the cart"),
];

async fn filled(server: &TestServer) -> String {
    let project = server.project("shop").await;
    for (r#type, key, value) in ITEMS {
        let body = json!({ "project_id": project, "type": r#type, "key": key, "value": value });
        server.post("/api/memory/store", body).await.expect(201);
    }
    project
}

/// What of an item must be the same.
fn essence(items: &Value) -> Vec<(Value, Value, Value, Value)> {
    let items = items.as_array().unwrap().iter();
    items
        .map(|it| (it["type"].clone(), it["key"].clone(), it["value"].clone(), it["relevance"].clone()))
        .collect()
}

/// What the command line says of the same server.
async fn shell(server: &TestServer, arguments: &[&str]) -> Ran {
    let url = format!("http://{}", server.address());
    let folder = tempfile::tempdir().unwrap();
    process::run(folder.path(), &[], &[arguments, &["--json", "--server", url.as_str()]].concat()).await
}

/// The answer of the command line.
async fn printed(server: &TestServer, arguments: &[&str]) -> Value {
    serde_json::from_str(&shell(server, arguments).await.expect(0).stdout).unwrap()
}

#[tokio::test]
async fn a_question_has_one_answer() {
    let server = TestServer::with(&[("EMBEDDER", "static")]).await;
    let project = filled(&server).await;
    for query in ["why does login fail", "E0382", "what are the sessions kept in", "", "nothing like it"] {
        let body = json!({ "project_id": project, "query": query, "limit": 10 });
        let rest = server.post("/api/memory/recall", body).await.expect(200).json();
        let arguments = json!({ "project": "shop", "query": query });
        let agents = done(&call(&server, &[], "recall", arguments).await);
        assert_eq!(essence(&agents["items"]), essence(&rest), "{query}");
        let words = ["recall", query, "-p", "shop", "--limit", "10"];
        assert_eq!(essence(&printed(&server, &words).await), essence(&rest), "{query}");

        let path = format!("/api/projects/{project}/context?query={}", query.replace(' ', "%20"));
        let rest = server.get(&path).await.expect(200).json();
        let agents = done(&call(&server, &[], "context", json!({ "project": "shop", "query": query })).await);
        let shell = printed(&server, &["context", query, "-p", "shop"]).await;
        for field in ["query", "confidence", "sufficient"] {
            assert_eq!(agents[field], rest[field], "{field} of {query}");
            assert_eq!(shell[field], rest[field], "{field} of {query}");
        }
        assert_eq!(essence(&shell["items"]), essence(&rest["items"]), "{query}");
        // Errors and solutions go before the rest here; what there is is the same.
        let sorted = |items: &Value| {
            let mut items: Vec<_> = essence(items).iter().map(|it| format!("{it:?}")).collect();
            items.sort();
            items
        };
        assert_eq!(sorted(&agents["items"]), sorted(&rest["items"]), "{query}");
    }
}

#[tokio::test]
async fn what_one_door_stores_another_shows_at_once() {
    let server = TestServer::start().await;
    for round in 0..20 {
        let key = format!("k{round}");
        let item = json!({ "project": "shop", "type": "context", "key": key, "value": { "round": round } });
        let stored = done(&call(&server, &[], "remember", item).await);
        let project = stored["project"]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/projects/{project}/memory/context/{key}");
        assert_eq!(server.get(&path).await.expect(200).json()["value"], json!({ "round": round }));
        server.call(Method::DELETE, &path, &[], Value::Null).await.expect(204);
        let gone = call(&server, &[], "forget", json!({ "project": "shop", "key": key })).await;
        assert_eq!(code(&gone), "memory_not_found");
    }
}

#[tokio::test]
async fn a_fault_has_one_code() {
    let server = TestServer::with(&[("MAX_MEMORY_ITEMS", "1")]).await;
    let full = server.project("full").await;
    let item = |key: &str| json!({ "type": "context", "key": key, "value": "the same text" });
    let with = |mut item: Value, name: &str, value: &Value| {
        item[name] = value.clone();
        item
    };
    server.post("/api/memory/store", with(item("k"), "project_id", &json!(full))).await.expect(201);
    let archived = server.project("archived").await;
    let patch = json!({ "status": "archived" });
    server.call(Method::PATCH, &format!("/api/projects/{archived}"), &[], patch).await.expect(200);
    let nobody = json!("01a21de0-8f60-7538-8033-7fdadb645f8e");

    let said = async |arguments: &[&str]| -> Value {
        let ran = shell(&server, arguments).await;
        assert_ne!(ran.code, Some(0), "{ran:?}");
        serde_json::from_str::<Value>(&ran.stderr).unwrap_or_else(|error| panic!("{error}: {ran:?}"))["code"]
            .clone()
    };
    let nobody_id = nobody.as_str().unwrap().to_owned();
    let alike = with(item("other"), "unless_similar", &json!(0.9));
    let (new, none) = (["remember", "new", "the same text", "-p"], &[][..]);
    for (path, tool, body, project, named, shell) in [
        (
            "/api/memory/store",
            "remember",
            item("new"),
            json!(full),
            json!("full"),
            &[&new[..], &["full"]].concat()[..],
        ),
        ("/api/memory/store", "remember", alike, json!(full), json!("full"), none),
        (
            "/api/memory/store",
            "remember",
            item("new"),
            json!(archived),
            json!("archived"),
            &[&new[..], &["archived"]].concat(),
        ),
        (
            "/api/memory/store",
            "remember",
            item("new"),
            nobody.clone(),
            nobody.clone(),
            &[&new[..], &[&nobody_id]].concat(),
        ),
        (
            "/api/memory/store",
            "remember",
            item(""),
            json!(full),
            json!("full"),
            &["remember", "", "v", "-p", "full"],
        ),
        ("/api/memory/recall", "recall", json!({ "query": 7 }), json!(full), json!("full"), none),
        (
            "/api/memory/recall",
            "recall",
            json!({ "query": "q" }),
            nobody.clone(),
            nobody.clone(),
            &["recall", "q", "-p", &nobody_id],
        ),
    ] {
        let rest = server.post(path, with(body.clone(), "project_id", &project)).await.json();
        let agents = call(&server, &[], tool, with(body, "project", &named)).await;
        assert_eq!(json!(code(&agents)), rest["code"], "{tool}: {rest}");
        if !shell.is_empty() {
            assert_eq!(said(shell).await, rest["code"], "{shell:?}: {rest}");
        }
    }
    let path = format!("/api/memory/none?project_id={full}");
    let rest = server.call(Method::DELETE, &path, &[], Value::Null).await.json();
    let agents = call(&server, &[], "forget", json!({ "project": "full", "key": "none" })).await;
    assert_eq!(json!(code(&agents)), rest["code"]);
    assert_eq!(said(&["forget", "none", "-p", "full"]).await, rest["code"]);
}

#[tokio::test]
async fn a_store_that_stops_answering_is_told_as_the_api_tells_it_and_nothing_is_half_there() {
    let (server, store, _) = TestServer::by_hand(&[]).await;
    let project = filled(&server).await;
    let item = json!({ "project": "shop", "type": "context", "key": "late", "value": "v" });
    done(&call(&server, &[], "recall", json!({ "project": "shop", "query": "login" })).await);
    store.fail(true);
    let body = json!({ "project_id": project, "type": "context", "key": "late", "value": "v" });
    let rest = server.post("/api/memory/store", body).await.problem(503, "store_unavailable");
    for (tool, arguments) in [
        ("remember", item.clone()),
        ("recall", json!({ "project": "shop", "query": "login" })),
        ("context", json!({ "project": "shop", "query": "login" })),
        ("forget", json!({ "project": "shop", "key": "login-500" })),
        ("log_message", json!({ "project": "shop", "role": "user", "content": "c" })),
        ("projects", json!({ "create": "new" })),
    ] {
        let answer = call(&server, &[], tool, arguments).await;
        assert_eq!(json!(code(&answer)), rest["code"], "{tool}");
        assert!(!answer.to_string().contains("told to fail"), "{answer}");
    }
    store.fail(false);
    // It goes on, with all that was there and nothing of what was refused.
    let recalled =
        done(&call(&server, &[], "recall", json!({ "project": "shop", "query": "", "limit": 50 })).await);
    assert_eq!(recalled["items"].as_array().unwrap().len(), ITEMS.len());
    assert_eq!(done(&call(&server, &[], "projects", json!({})).await)["total"], 1);
    done(&call(&server, &[], "remember", item).await);
}
