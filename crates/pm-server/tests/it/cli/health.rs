//! `ai-pm health`, as a container asks.

use serde_json::Value;
use tokio::net::TcpListener;

use crate::harness::process::{Process, refused, run};
use crate::harness::store::EMBEDDED;

#[tokio::test]
async fn a_server_that_runs_is_healthy_and_one_that_does_not_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let server = Process::start(path, &[EMBEDDED, ("AUTH_REQUIRED", "true")]).await;
    let (url, port) = (server.url(), server.address().port().to_string());
    let shown = run(path, &[], &["health", "--server", &url]).await.expect(0).stdout;
    assert!(shown.starts_with("healthy  store embedded "), "{shown}");
    // The one that is configured; behind no proxy, whatever the environment says.
    for host in ["127.0.0.1", "0.0.0.0"] {
        let settings =
            [("API_HOST", host), ("API_PORT", port.as_str()), ("http_proxy", "http://127.0.0.1:1")];
        let health = run(path, &settings, &["health", "--json"]).await.expect(0).stdout;
        assert_eq!(serde_json::from_str::<Value>(&health).unwrap()["status"], "healthy");
    }
    server.stop().await;
    refused(path, &[], &["health", "--server", &url], 1, &["server_unreachable", &url]).await;
    refused(path, &[("API_PORT", "0")], &["health"], 2, &["API_PORT"]).await;
    refused(path, &[("API_PORT", "x")], &["health"], 2, &["API_PORT"]).await;
}

#[tokio::test]
async fn one_that_does_not_answer_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let arguments = ["health", "--server", &url, "--timeout", "1"];
    refused(folder.path(), &[], &arguments, 1, &["server_unreachable", "timeout"]).await;
}
