//! Standard input and output: what is written there, whose project is meant, and how it ends.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Session, code, done, initialize};
use crate::harness::TestServer;
use crate::harness::process::{self, Process};
use crate::harness::store::EMBEDDED;

#[tokio::test]
async fn standard_output_has_the_protocol_alone_and_the_log_goes_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[("LOG_LEVEL", "DEBUG")], &["--project", "shop"]);
    let began = session.ask(&initialize()).await;
    assert_eq!(began["result"]["serverInfo"]["name"], "ai-pm");
    assert!(began["result"]["instructions"].as_str().is_some_and(|text| text.len() < 600));
    done(&session.call("remember", json!({ "type": "error", "key": "k", "value": "v" })).await);
    done(&session.call("forget", json!({ "key": "k" })).await);
    let mut stderr = session.stderr.take().unwrap();
    // Every line that `receive` and `end` read is a message, or they fail.
    let (left, code) = session.end().await;
    assert_eq!((left, code), (Vec::new(), Some(0)));
    let mut log = String::new();
    stderr.read_to_string(&mut log).await.unwrap();
    assert!(log.contains("memory_deleted"), "{log}");
}

#[tokio::test]
async fn what_was_asked_before_the_input_ended_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    session.send(initialize().to_string().as_bytes()).await;
    for n in 1..=20 {
        let item = json!({ "type": "context", "key": format!("k{n}"), "value": "v" });
        session.send(super::tool(n, "remember", &item).to_string().as_bytes()).await;
    }
    let (answers, code) = session.end().await;
    assert_eq!((answers.len(), code), (21, Some(0)));
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    let recalled = done(&session.call("recall", json!({ "query": "", "limit": 50 })).await);
    assert_eq!(recalled["items"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn the_project_is_the_one_named_else_the_setting_else_the_git_remote() {
    let folder = tempfile::tempdir().unwrap();
    let item = json!({ "type": "context", "key": "k", "value": "v" });
    let mut nameless = Session::start(folder.path(), &[], &[]);
    let answer = nameless.call("remember", item.clone()).await;
    assert_eq!(code(&answer), "validation_error");
    assert!(answer.to_string().contains("AI_PM_PROJECT"), "{answer}");
    nameless.end().await;

    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let config = "[remote \"origin\"]\n\turl = git@host.example:team/shop.git\n";
    std::fs::write(folder.path().join(".git/config"), config).unwrap();
    for (settings, arguments, sent, name) in [
        (&[][..], &[][..], None, "shop"),
        (&[("AI_PM_PROJECT", "set")], &[], None, "set"),
        (&[("AI_PM_PROJECT", "set")], &["--project", "argued"], None, "argued"),
        (&[("AI_PM_PROJECT", "set")], &["--project", "argued"], Some("called"), "called"),
    ] {
        let mut session = Session::start(folder.path(), settings, arguments);
        let mut item = item.clone();
        if let Some(sent) = sent {
            item["project"] = json!(sent);
        }
        let stored = done(&session.call("remember", item).await);
        assert_eq!((&stored["project"]["name"], &stored["project_created"]), (&json!(name), &json!(true)));
        session.end().await;
    }
}

#[tokio::test]
async fn a_store_that_a_server_holds_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[EMBEDDED]).await;
    process::refused(folder.path(), &[EMBEDDED], &["mcp"], 1, &["--server"]).await;
    server.stop().await;
}

#[tokio::test]
async fn a_relay_says_what_the_server_says() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true")]).await;
    let key = server.key(json!({ "scopes": ["write"] })).await;
    let (folder, url) = (tempfile::tempdir().unwrap(), format!("http://{}", server.address()));
    let arguments = ["--server", url.as_str(), "--project", "shop"];

    let mut session = Session::start(folder.path(), &[("AI_PM_API_KEY", &key)], &arguments);
    assert_eq!(session.ask(&initialize()).await["result"]["serverInfo"]["name"], "ai-pm");
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    session.send(notification.to_string().as_bytes()).await;
    let item = json!({ "type": "error", "key": "k", "value": "disk full" });
    assert_eq!(done(&session.call("remember", item).await)["project"]["name"], "shop");
    let recalled = done(&session.call("recall", json!({ "query": "disk full" })).await);
    assert_eq!(recalled["items"][0]["key"], "k");
    session.send(b"{bad").await;
    assert_eq!(session.receive().await["error"]["code"], -32700);
    assert_eq!(session.end().await, (Vec::new(), Some(0)));

    let mut keyless = Session::start(folder.path(), &[], &arguments);
    let answer = keyless.ask(&initialize()).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("unauthorized: "), "{answer}");
    keyless.end().await;

    // What the server did not read far enough to know who waits is told to him all the same.
    let shut = TestServer::with(&[("MCP_ALLOWED_HOSTS", "pm.example")]).await;
    let url = format!("http://{}", shut.address());
    let mut elsewhere = Session::start(folder.path(), &[], &["--server", &url, "--project", "shop"]);
    let answer = elsewhere.ask(&initialize()).await;
    assert_eq!(answer["id"], 0, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("MCP_ALLOWED_HOSTS"), "{answer}");
    elsewhere.end().await;

    let gone = ["--server", "http://127.0.0.1:9", "--project", "shop"];
    let mut lost = Session::start(folder.path(), &[], &gone);
    let answer = lost.ask(&initialize()).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("http://127.0.0.1:9"), "{answer}");
    assert_eq!(answer["id"], 0);
    lost.end().await;
    process::refused(folder.path(), &[], &["mcp", "--server", "here"], 2, &["--server", "http://"]).await;
}

#[tokio::test]
async fn who_does_not_begin_by_the_book_is_answered_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    let ping = session.ask(&json!({ "jsonrpc": "2.0", "id": 5, "method": "ping" })).await;
    assert_eq!(ping["result"], json!({}));
    let tools = session.ask(&json!({ "jsonrpc": "2.0", "id": "t", "method": "tools/list" })).await;
    assert_eq!((&tools["id"], tools["result"]["tools"].as_array().unwrap().len()), (&json!("t"), 6));
    for (method, params) in
        [("tools/call", json!({ "name": "recall", "arguments": "x" })), ("resources/read", json!({}))]
    {
        let wrong =
            session.ask(&json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })).await;
        assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
        assert!(wrong["error"]["message"].as_str().unwrap().contains(method), "{wrong}");
    }
    let unknown = session.ask(&json!({ "jsonrpc": "2.0", "id": 6, "method": "no/such" })).await;
    assert_eq!(unknown["error"]["code"], -32601);
    session.end().await;
}

#[tokio::test]
async fn a_last_line_needs_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let ping = json!({ "jsonrpc": "2.0", "id": 5, "method": "ping" }).to_string();
    let ran = process::run_with(&ping, folder.path(), &[], &["mcp"]).await.expect(0);
    assert!(ran.stdout.contains("\"id\":5"), "{ran:?}");
}

#[tokio::test]
async fn a_reader_that_went_away_ends_it_though_it_goes_on_asking() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = process::piped(folder.path(), &[], &["mcp", "--project", "shop"]);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let ping = json!({ "jsonrpc": "2.0", "id": 5, "method": "ping" }).to_string() + "\n";
    // Its input stays open: that nobody takes the answers is what ends it.
    let asking = async { while stdin.write_all(ping.as_bytes()).await.is_ok() {} };
    let ended = async { tokio::join!(asking, child.wait()).1.unwrap() };
    tokio::time::timeout(process::PATIENCE, ended).await.expect("it ends");
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(folder.path(), &[], &["--project", "shop"]);
    for n in 0..20 {
        let item = json!({ "type": "context", "key": format!("k{n}"), "value": "v" });
        done(&session.call("remember", item).await);
    }
    session.child.kill().await.unwrap();
    let mut again = Session::start(folder.path(), &[], &["--project", "shop"]);
    let recalled = done(&again.call("recall", json!({ "query": "", "limit": 50 })).await);
    assert_eq!(recalled["items"].as_array().unwrap().len(), 20);
    again.end().await;
}

#[tokio::test]
async fn help_has_examples() {
    let folder = tempfile::tempdir().unwrap();
    let help = process::run(folder.path(), &[], &["mcp", "--help"]).await.expect(0);
    assert!(help.stdout.contains("Examples:"), "{}", help.stdout);
}
