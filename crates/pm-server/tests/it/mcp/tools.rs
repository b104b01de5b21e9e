//! What each tool does beyond its story.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{call, code, done, post};
use crate::harness::TestServer;

fn item(key: &str, value: impl Into<Value>) -> Value {
    json!({ "type": "context", "key": key, "value": value.into() })
}

fn text(message: &Value) -> String {
    message["result"]["content"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn of_many_who_name_a_new_project_at_once_one_makes_it() {
    let server = Arc::new(TestServer::start().await);
    let mut calls = JoinSet::new();
    for n in 0..24 {
        let (server, mut item) = (server.clone(), item(&format!("k{n}"), "v"));
        item["project"] = json!("shop");
        calls.spawn(async move { call(&server, &[], "remember", item).await });
    }
    let answers = calls.join_all().await;
    let ids: HashSet<_> = answers.iter().map(|answer| done(answer)["project"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(done(&call(&server, &[], "projects", json!({})).await)["total"], 1);
    let recalled =
        done(&call(&server, &[], "recall", json!({ "project": "shop", "query": "", "limit": 50 })).await);
    assert_eq!(recalled["items"].as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn a_project_that_was_made_deleted_and_named_again_is_made_again() {
    let server = TestServer::start().await;
    let mut ids = HashSet::new();
    // More often than there are attempts at once.
    for _ in 0..70 {
        let made = done(&call(&server, &[], "projects", json!({ "create": "shop" })).await);
        assert_eq!(made["created"], true);
        let id = made["project"]["id"].as_str().unwrap().to_owned();
        server.call(http::Method::DELETE, &format!("/api/projects/{id}"), &[], Value::Null).await.expect(204);
        ids.insert(id);
    }
    assert_eq!(ids.len(), 70);
}

#[tokio::test]
async fn of_many_who_make_a_project_one_is_told_so() {
    let server = Arc::new(TestServer::start().await);
    let mut calls = JoinSet::new();
    for _ in 0..24 {
        let server = server.clone();
        calls.spawn(async move { call(&server, &[], "projects", json!({ "create": "shop" })).await });
    }
    let made = calls.join_all().await.iter().filter(|answer| done(answer)["created"] == true).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_was_found_for_one_does_not_decide_for_another() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true")]).await;
    let all = server.key(json!({ "scopes": ["write"] })).await;
    let all = [("x-api-key", all.as_str())];
    let create = async || {
        let answer = server.call(http::Method::POST, "/api/projects", &all, json!({ "name": "dup" })).await;
        answer.expect(201).json()["id"].clone()
    };
    let first = create().await;
    let mut note = item("k", "v");
    note["project"] = json!("dup");
    assert_eq!(done(&call(&server, &all, "remember", note.clone()).await)["project"]["id"], first);
    // From now on the name means two.
    let second = create().await;
    assert_eq!(code(&call(&server, &all, "remember", note.clone()).await), "validation_error");
    let bound = server.key(json!({ "scopes": ["write"], "projects": [second] })).await;
    let bound = [("x-api-key", bound.as_str())];
    assert_eq!(done(&call(&server, &bound, "remember", note.clone()).await)["project"]["id"], second);
    assert_eq!(code(&call(&server, &all, "remember", note).await), "validation_error");
}

#[tokio::test]
async fn project_id_is_heeded_and_never_passed_over() {
    let server = TestServer::start().await;
    let other = server.project("other").await;
    let headers = [("ai-pm-project", "mine")];
    let mut note = item("k", "v");
    note["project_id"] = json!(other);
    assert_eq!(done(&call(&server, &headers, "remember", note).await)["project"]["id"], other);
    for (tool, arguments) in
        [("recall", json!({ "query": "" })), ("context", json!({})), ("forget", json!({ "key": "k" }))]
    {
        let mut arguments = arguments;
        arguments["project_id"] = json!(other);
        assert_eq!(
            done(&call(&server, &headers, tool, arguments.clone()).await)["project"]["id"],
            other,
            "{tool}"
        );
        arguments["project"] = json!("mine");
        let answer = call(&server, &headers, tool, arguments).await;
        assert_eq!(
            answer["result"]["structuredContent"]["error"]["errors"][0]["field"], "project_id",
            "{answer}"
        );
    }
    let answer = call(&server, &headers, "projects", json!({ "project_id": other })).await;
    assert_eq!(
        answer["result"]["structuredContent"]["error"]["errors"][0]["field"], "project_id",
        "{answer}"
    );
}

#[tokio::test]
async fn a_project_that_is_meant_and_not_there_yet_remembers_nothing() {
    let server = TestServer::start().await;
    let headers = [("ai-pm-project", "new")];
    assert_eq!(done(&call(&server, &headers, "recall", json!({ "query": "q" })).await)["items"], json!([]));
    assert_eq!(done(&call(&server, &headers, "context", json!({ "query": "q" })).await)["sufficient"], false);
    // Named, it is a fault: of the name, perhaps.
    let named = json!({ "query": "q", "project": "new" });
    assert_eq!(code(&call(&server, &headers, "recall", named).await), "project_not_found");
    assert_eq!(done(&call(&server, &headers, "projects", json!({})).await)["total"], 0);
}

#[tokio::test]
async fn of_namesakes_the_active_one_is_meant_and_of_several_none() {
    let server = TestServer::start().await;
    let (first, second) = (server.project("twin").await, server.project("twin").await);
    let answer = call(&server, &[], "recall", json!({ "project": "twin", "query": "" })).await;
    assert_eq!(code(&answer), "validation_error");
    assert!(text(&answer).contains(&first) && text(&answer).contains(&second), "{answer}");
    let patch = json!({ "status": "archived" });
    server.call(http::Method::PATCH, &format!("/api/projects/{first}"), &[], patch).await.expect(200);
    let recalled = done(&call(&server, &[], "recall", json!({ "project": "twin", "query": "" })).await);
    assert_eq!(recalled["project"]["id"], second);
    let by_id = done(&call(&server, &[], "recall", json!({ "project": first, "query": "" })).await);
    assert_eq!(by_id["project"]["id"], first);

    // A name that was found is asked for anew once it means another.
    let rename = json!({ "name": "other" });
    server.call(http::Method::PATCH, &format!("/api/projects/{second}"), &[], rename).await.expect(200);
    let recalled = done(&call(&server, &[], "recall", json!({ "project": "twin", "query": "" })).await);
    assert_eq!(recalled["project"]["id"], first);
}

#[tokio::test]
async fn several_items_are_stored_all_or_none() {
    let server = TestServer::start().await;
    let good = json!([
        { "type": "error", "key": "e", "value": "boom" },
        { "type": "solution", "key": "s", "value": { "do": "this" }, "solves": "e" },
    ]);
    let stored = done(&call(&server, &[], "remember", json!({ "project": "shop", "items": good })).await);
    assert_eq!(stored["stored"].as_array().unwrap().len(), 2);
    let bad = json!([{ "type": "error", "key": "new", "value": "v" }, { "type": "error", "key": "new", "value": "v" }]);
    let answer = call(&server, &[], "remember", json!({ "project": "shop", "items": bad })).await;
    assert_eq!(code(&answer), "validation_error");
    let recalled = done(&call(&server, &[], "recall", json!({ "project": "shop", "query": "" })).await);
    assert_eq!(recalled["items"].as_array().unwrap().len(), 2, "{recalled}");
    let solution = recalled["items"].as_array().unwrap().iter().find(|it| it["key"] == "s").unwrap();
    assert_eq!(solution["metadata"], json!({ "solves": "e" }));
    assert_eq!(solution["value"], json!({ "do": "this" }));
}

#[tokio::test]
async fn an_error_brings_its_solution_first() {
    let server = TestServer::with(&[("EMBEDDER", "static")]).await;
    let items = json!([
        { "type": "context", "key": "c", "value": "ECONNREFUSED 127.0.0.1:6379 was talked about" },
        { "type": "error", "key": "redis-down", "value": "connect ECONNREFUSED 127.0.0.1:6379" },
        { "type": "solution", "key": "start-it", "value": "systemctl start the broker", "solves": "redis-down" },
    ]);
    done(&call(&server, &[], "remember", json!({ "project": "shop", "items": items })).await);
    let arguments = json!({ "project": "shop", "query": "Error: connect ECONNREFUSED 127.0.0.1:6379" });
    let answer = call(&server, &[], "context", arguments).await;
    let context = done(&answer);
    let keys: Vec<_> = context["items"].as_array().unwrap().iter().map(|it| it["key"].clone()).collect();
    assert_eq!(keys, ["redis-down", "start-it", "c"]);
    let said = text(&answer);
    let place = |what: &str| said.find(what).unwrap_or_else(|| panic!("{what}: {said}"));
    assert!(
        place("Errors and their solutions") < place("redis-down") && place("redis-down") < place("start-it")
    );
    assert!(place("start-it") < place("Also known") && place("Also known") < place("was talked about"));
}

#[tokio::test]
async fn answers_are_bounded_and_the_rest_can_be_had() {
    let server = TestServer::start().await;
    let items: Vec<_> =
        (0..30).map(|n| item(&format!("k{n:02}"), format!("{n:05}{}", "word ".repeat(3_999)))).collect();
    done(&call(&server, &[], "remember", json!({ "project": "shop", "items": items })).await);
    for max_chars in [500, 8_000, 20_000] {
        let arguments = json!({ "project": "shop", "query": "word", "max_chars": max_chars, "limit": 30 });
        let answer = call(&server, &[], "recall", arguments).await;
        let recalled = done(&answer);
        let shown = recalled["items"].as_array().unwrap().len();
        assert_eq!(
            (recalled["cut"].as_u64(), shown < 30),
            (Some(shown as u64), recalled["next_offset"] == shown)
        );
        // Beside the items there are a few lines.
        assert!(text(&answer).chars().count() < max_chars + 400, "{max_chars}: {}", text(&answer).len());
        assert!(
            recalled.to_string().chars().count() < max_chars + 400,
            "{max_chars}: {}",
            recalled.to_string().len()
        );
        assert_eq!(recalled["items"][0]["cut"]["of"], 20_000);
    }
    let mut seen = HashSet::new();
    let mut offset = Some(0);
    while let Some(at) = offset {
        let arguments =
            json!({ "project": "shop", "query": "word", "offset": at, "limit": 7, "max_chars": 500 });
        let recalled = done(&call(&server, &[], "recall", arguments).await);
        for item in recalled["items"].as_array().unwrap() {
            assert!(seen.insert(item["key"].to_string()), "{item}");
        }
        offset = recalled["next_offset"].as_u64();
    }
    assert_eq!(seen.len(), 30);
    let arguments = json!({ "project": "shop", "query": "word", "limit": 1, "max_chars": 20_500 });
    let recalled = done(&call(&server, &[], "recall", arguments).await);
    assert_eq!(recalled["items"][0]["value"].as_str().unwrap().len(), 20_000);
    assert!(recalled.get("cut").is_none());
}

#[tokio::test]
async fn what_stands_around_a_text_is_counted_too() {
    let server = TestServer::start().await;
    let items: Vec<_> = (0..20)
        .map(|n| {
            let key = format!("{n:02}{}", "k".repeat(500));
            json!({
                "type": "context", "key": key, "value": format!("word {n}"), "session_id": "s".repeat(500),
                "metadata": { "note": "m".repeat(550) },
            })
        })
        .collect();
    done(&call(&server, &[], "remember", json!({ "project": "shop", "items": items })).await);
    for max_chars in [500, 8_000] {
        let arguments = json!({ "project": "shop", "query": "word", "max_chars": max_chars, "limit": 20 });
        let answer = call(&server, &[], "recall", arguments).await;
        // One item is shown whatever it takes.
        let most = max_chars.max(2_700) + 400;
        assert!(
            text(&answer).chars().count() < most && done(&answer).to_string().chars().count() < most,
            "{answer}"
        );
    }
    let long = json!({ "project": "shop", "type": "context", "key": "long", "value": "v", "metadata": { "note": "m".repeat(700) } });
    done(&call(&server, &[], "remember", long).await);
    let recalled =
        done(&call(&server, &[], "recall", json!({ "project": "shop", "query": "", "limit": 1 })).await);
    assert_eq!(recalled["items"][0]["metadata_cut"], true);
    let read = json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": recalled["items"][0]["uri"] } });
    let read = post(&server, &[], &read).await.expect(200).json();
    let around = &read["result"]["contents"][0]["_meta"];
    assert_eq!(around["metadata"]["note"].as_str().unwrap().len(), 700, "{read}");
    assert_eq!((&around["key"], around.get("value")), (&json!("long"), None));
}

#[tokio::test]
async fn items_are_resources_and_the_briefing_is_a_prompt() {
    let server = TestServer::start().await;
    let headers = [("ai-pm-project", "shop")];
    let ask = async |method: &str, params: Value| {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        post(&server, &headers, &message).await.expect(200).json()["result"].clone()
    };
    assert_eq!(ask("resources/list", json!({})).await["resources"], json!([]));
    for n in 0..120 {
        done(&call(&server, &headers, "remember", item(&format!("a/b c?{n}"), json!({ "n": n }))).await);
    }
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let params = if cursor.is_null() { json!({}) } else { json!({ "cursor": cursor }) };
        let page = ask("resources/list", params).await;
        found.extend(page["resources"].as_array().unwrap().clone());
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(found.len(), 120);
    let read = ask("resources/read", json!({ "uri": found[0]["uri"] })).await;
    assert_eq!(
        (&read["contents"][0]["text"], &read["contents"][0]["mimeType"]),
        (&json!("{\"n\":119}"), &json!("application/json"))
    );
    let templates = ask("resources/templates/list", json!({})).await;
    assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "aipm://projects/{id}/memory/{type}/{key}");

    let prompts = ask("prompts/list", json!({})).await;
    assert_eq!(prompts["prompts"][0]["name"], "project-briefing");
    let briefing =
        ask("prompts/get", json!({ "name": "project-briefing", "arguments": { "topic": "n" } })).await;
    let said = briefing["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(said.contains("\"shop\"") && said.contains("remember"), "{said}");
}

#[tokio::test]
async fn messages_are_logged_and_come_back_in_the_context() {
    let server = TestServer::start().await;
    let message =
        json!({ "project": "shop", "role": "user", "content": "the login is broken", "session_id": "s1" });
    done(&call(&server, &[], "log_message", message).await);
    done(
        &call(
            &server,
            &[],
            "remember",
            json!({ "project": "shop", "type": "error", "key": "login", "value": "login is broken" }),
        )
        .await,
    );
    let answer = call(&server, &[], "context", json!({ "project": "shop" })).await;
    let context = done(&answer);
    assert_eq!(
        (&context["query"], &context["items"][0]["key"]),
        (&json!("the login is broken"), &json!("login"))
    );
    assert_eq!(context["messages"][0]["session_id"], "s1");
    assert!(text(&answer).contains("- user, "), "{}", text(&answer));
}

#[tokio::test]
async fn tools_say_what_they_do_to_what_is_kept() {
    let server = TestServer::start().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let tools = post(&server, &[], &list).await.expect(200).json()["result"]["tools"].clone();
    let hints: Vec<_> = tools
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| {
            assert_eq!(
                (&tool["inputSchema"]["type"], &tool["inputSchema"]["additionalProperties"]),
                (&json!("object"), &json!(false))
            );
            let hints = &tool["annotations"];
            (
                tool["name"].as_str().unwrap(),
                hints["readOnlyHint"] == true,
                hints["destructiveHint"] == true,
                hints["idempotentHint"] == true,
            )
        })
        .collect();
    assert_eq!(
        hints,
        [
            ("context", true, false, false),
            ("recall", true, false, false),
            ("remember", false, true, true),
            ("forget", false, true, true),
            ("log_message", false, false, false),
            ("projects", false, false, true),
        ]
    );
}
