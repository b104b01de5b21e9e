//! A client that is not ours: the official Python SDK, which `cargo xtask test` fetches.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::TestServer;
use crate::harness::process::PATIENCE;

/// Where the SDK is.
fn packages() -> PathBuf {
    let running = std::env::current_exe().unwrap();
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let targets = running.ancestors().skip(1).map(Path::to_owned).chain([usual]);
    let found = targets.map(|target| target.join("tools/mcp")).find(|packages| packages.join("mcp").is_dir());
    found.expect("the Python SDK of the protocol is not there: `cargo xtask test` fetches it")
}

/// Tells the story; what was said.
async fn told(arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mcp/story.py");
    let mut python = Command::new("python3");
    python.arg(story).args(arguments).env("PYTHONPATH", packages()).envs(settings.iter().copied());
    let output = python.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.expect("the story ends").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[tokio::test]
async fn its_story_is_told_over_standard_input_and_output() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = [("STORE", "embedded"), ("DATA_DIR", data.to_str().unwrap())];
    let said = told(&["stdio", env!("CARGO_BIN_EXE_ai-pm"), "mcp"], &settings).await;
    assert!(said.ends_with("the story is told\n"), "{said}");
}

#[tokio::test]
async fn its_story_is_told_over_http_and_strangers_are_refused() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true")]).await;
    let all = server.key(json!({ "scopes": ["write"] })).await;
    let project = async |name: &str| {
        let headers = [("x-api-key", all.as_str())];
        let answer =
            server.call(http::Method::POST, "/api/projects", &headers, json!({ "name": name })).await;
        answer.expect(201).json()["id"].as_str().unwrap().to_owned()
    };
    let (own, other) = (project("webshop").await, project("other").await);
    let bound = server.key(json!({ "scopes": ["write"], "projects": [own] })).await;
    let url = format!("http://{}/mcp", server.address());
    let said = told(&["http", &url, &all, &bound, &other], &[]).await;
    assert!(said.ends_with("the story is told\n"), "{said}");
}
