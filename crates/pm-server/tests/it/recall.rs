//! Recall: what it is asked, what it answers, and what it must never answer.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::harness::TestServer;

/// Twelve items about logins, of two types and two sessions, an hour apart.
async fn filled(server: &TestServer) -> String {
    let id = server.project("p").await;
    for n in 0..12 {
        let (r#type, session) = if n % 2 == 0 { ("error", "even") } else { ("solution", "odd") };
        let item = json!({"project_id": id, "type": r#type, "key": format!("k{n:02}"),
            "value": format!("login number {n} of {}", "the shop ".repeat(n)), "session_id": session,
            "timestamp": format!("2026-03-05T{n:02}:00:00Z"), "importance": 0.5});
        server.post("/api/memory/store", item).await.expect(201);
    }
    id
}

/// What a recall answers to `request`, by `POST` and by `GET`, which must be the same.
async fn recall(server: &TestServer, id: &str, request: Value) -> Vec<Value> {
    server.embedded().await;
    let mut body = json!({"project_id": id});
    body.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    let posted = server.post("/api/memory/recall", body.clone()).await.expect(200).json();
    let pairs = body.as_object().unwrap().iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(all) => all.iter().map(|it| it.as_str().unwrap()).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        };
        format!("{name}={}", utf8_percent_encode(&text, NON_ALPHANUMERIC))
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    let got = server.get(&format!("/api/memory/recall?{query}")).await.expect(200).json();
    assert_eq!(got, posted, "{query}");
    posted.as_array().unwrap().clone()
}

fn keys(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_item_is_answered_whole_and_best_first() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    let items = recall(&server, &id, json!({"query": "login", "limit": 1000})).await;
    assert_eq!(items.len(), 12);
    let relevances: Vec<_> = items.iter().map(|item| item["relevance"].as_f64().unwrap()).collect();
    assert!(relevances.is_sorted_by(|a, b| a >= b), "{relevances:?}");
    assert!(relevances.iter().all(|relevance| (0.0..=1.0).contains(relevance)), "{relevances:?}");
    for mut item in items {
        item.as_object_mut().unwrap().shift_remove("relevance").unwrap();
        let (r#type, key) = (item["type"].as_str().unwrap(), item["key"].as_str().unwrap());
        let stored = server.get(&format!("/api/projects/{id}/memory/{type}/{key}")).await.expect(200).json();
        assert_eq!(item, stored, "and nothing beside: explain was not asked for");
    }
}

#[tokio::test]
async fn filters_apply_before_ranking() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    let best = recall(&server, &id, json!({"query": "login", "limit": 1000})).await;
    let kept = |keep: &dyn Fn(&Value) -> bool| {
        let kept = best.iter().filter(|item| keep(item)).take(3);
        kept.map(|item| item["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let time = |item: &Value| item["timestamp"].as_str().unwrap().to_owned();
    let (four, eight) = ("2026-03-05T04:00:00Z", "2026-03-05T08:00:00Z");
    for (filter, wanted) in [
        (json!({"memory_types": ["solution"]}), kept(&|item| item["type"] == "solution")),
        (json!({"memory_types": ["dependency", "solution"]}), kept(&|item| item["type"] == "solution")),
        (json!({"session_id": "even"}), kept(&|item| item["session_id"] == "even")),
        (json!({"since": eight}), kept(&|item| *time(item) >= *eight)),
        (json!({"until": four}), kept(&|item| *time(item) < *four)),
        (json!({"since": four, "until": eight}), kept(&|item| *time(item) >= *four && *time(item) < *eight)),
    ] {
        assert_eq!(wanted.len(), 3, "{filter}");
        let mut request = filter.clone();
        request["query"] = json!("login");
        request["limit"] = json!(3);
        assert_eq!(keys(&recall(&server, &id, request.clone()).await), wanted, "{filter}");
        // And likewise where nothing is asked: the newest of those that pass.
        request["query"] = json!(" ");
        request["limit"] = json!(1000);
        let newest = recall(&server, &id, request).await;
        assert!(newest.iter().map(time).is_sorted_by(|a, b| a >= b), "{filter}");
        assert!(wanted.iter().all(|key| keys(&newest).contains(&key.as_str())), "{filter}");
    }
    assert_eq!(recall(&server, &id, json!({"query": "login", "session_id": "none"})).await, [] as [Value; 0]);
    assert_eq!(recall(&server, &id, json!({"query": "login", "memory_types": []})).await.len(), 10);
}

#[tokio::test]
async fn as_many_as_the_context_window_unless_asked_otherwise() {
    let server = TestServer::with(&[("CONTEXT_WINDOW_SIZE", "4")]).await;
    let id = filled(&server).await;
    for query in ["login", ""] {
        assert_eq!(recall(&server, &id, json!({ "query": query })).await.len(), 4);
        assert_eq!(recall(&server, &id, json!({"query": query, "limit": 1})).await.len(), 1);
        assert_eq!(recall(&server, &id, json!({"query": query, "limit": 1000})).await.len(), 12);
    }
}

#[tokio::test]
async fn the_least_relevance_cuts_the_list() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    let all = recall(&server, &id, json!({"query": "login number 7", "limit": 1000})).await;
    let bar = all[3]["relevance"].clone();
    let wanted: Vec<_> =
        all.iter().filter(|item| item["relevance"].as_f64() >= bar.as_f64()).cloned().collect();
    let least = json!({"query": "login number 7", "limit": 1000, "min_relevance": bar});
    assert_eq!(recall(&server, &id, least).await, wanted);
    assert_eq!(recall(&server, &id, json!({"query": "login", "min_relevance": 0})).await.len(), 10);
}

#[tokio::test]
async fn the_explanation_adds_up() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    let item =
        json!({"project_id": id, "type": "error", "key": "E0382-login", "value": "login", "importance": 1});
    server.post("/api/memory/store", item).await.expect(201);
    let plain = recall(&server, &id, json!({"query": "login E0382-login"})).await;
    let explained = recall(&server, &id, json!({"query": "login E0382-login", "explain": true})).await;
    assert_eq!(keys(&plain), keys(&explained));
    for item in &explained {
        let parts = item["explain"].as_object().unwrap();
        let score = parts["score"].as_f64().unwrap();
        let sum: f64 =
            parts.iter().filter(|(name, _)| *name != "score").map(|(_, part)| part.as_f64().unwrap()).sum();
        assert!((sum - score).abs() < 1e-9, "{item}");
        assert!(parts.contains_key("lexical") && parts.contains_key("boost"), "{item}");
    }
    assert_eq!(explained[0]["key"], "E0382-login", "{explained:?}");
}

#[tokio::test]
async fn nothing_asked_is_answered_by_the_newest() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    for query in ["", " ", "\n\t ", "\u{3000}"] {
        let items = recall(&server, &id, json!({"query": query, "explain": true, "limit": 3})).await;
        assert_eq!(keys(&items), ["k11", "k10", "k09"], "{query:?}");
        for item in items {
            assert!(item.get("relevance").is_none() && item.get("explain").is_none(), "{item}");
        }
    }
}

#[tokio::test]
async fn a_recall_changes_nothing() {
    let server = TestServer::start().await;
    let id = filled(&server).await;
    let request = json!({"query": "login of the shop", "explain": true});
    let first = recall(&server, &id, request.clone()).await;
    let tag = server.get(&format!("/api/projects/{id}/memory/error/k02")).await.header("etag").to_owned();
    for query in ["number 3", "", "nothing of the kind", "k02"] {
        recall(&server, &id, json!({ "query": query })).await;
    }
    assert_eq!(recall(&server, &id, request).await, first);
    assert_eq!(server.get(&format!("/api/projects/{id}/memory/error/k02")).await.header("etag"), tag);
}

#[tokio::test]
async fn another_projects_items_are_never_answered() {
    let server = TestServer::start().await;
    let (mine, other) = (server.project("mine").await, filled(&server).await);
    server.store(&mine, "error", "k00", json!("login of mine")).await.expect(201);
    for query in ["login", "shop", "k00 k01", other.as_str(), ""] {
        let items = recall(&server, &mine, json!({"query": query, "limit": 1000})).await;
        assert!(
            items.iter().all(|item| item["project_id"] == mine && item["value"] == "login of mine"),
            "{items:?}"
        );
    }
    assert_eq!(recall(&server, &mine, json!({"query": "shop"})).await, [] as [Value; 0]);
    let empty = server.project("empty").await;
    assert_eq!(recall(&server, &empty, json!({"query": "login"})).await, [] as [Value; 0]);
}
