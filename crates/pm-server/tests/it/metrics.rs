//! What Prometheus reads.

use http::Method;
use serde_json::{Value, json};

use crate::harness::TestServer;

/// The value of the series that begins with `name` and has every one of `labels`; 0 where there is none.
fn value(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let series = lines.filter_map(|line| line.rsplit_once(' ')).filter(|(series, _)| {
        let (found, rest) = series.split_once('{').unwrap_or((series, ""));
        found == name && labels.iter().all(|(label, wanted)| rest.contains(&format!("{label}=\"{wanted}\"")))
    });
    series.map(|(_, value)| value.parse::<f64>().unwrap()).sum()
}

async fn scraped(server: &TestServer) -> String {
    let answer = server.get("/metrics").await.expect(200);
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"), "{answer:?}");
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let counted = [
        ("GET", "/api/projects/{id}", "200"),
        ("GET", "/api/projects/{id}", "404"),
        ("POST", "/api/projects", "422"),
        ("PUT", "/api/projects", "405"),
        ("other", "/api/projects", "405"),
        ("GET", "none", "404"),
    ];
    let count = |text: &str| {
        counted.map(|(method, route, status)| {
            value(text, "http_requests_total", &[("method", method), ("route", route), ("status", status)])
        })
    };
    let before = count(&scraped(&server).await);
    server.get(&format!("/api/projects/{id}/")).await.expect(200);
    server.get("/api/projects/0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f").await.expect(404);
    server.post("/api/projects", json!({})).await.expect(422);
    server.put("/api/projects", json!({})).await.expect(405);
    server.call("BREW".parse::<Method>().unwrap(), "/api/projects", &[], Value::Null).await.expect(405);
    server.get("/a-path-of-a-strangers-own-making").await.expect(404);
    let after = scraped(&server).await;
    // Other tests count too: all share the metrics of the process.
    for (n, (before, now)) in before.into_iter().zip(count(&after)).enumerate() {
        assert!(now >= before + 1.0, "{:?}: {before} {now}", counted[n]);
    }
    assert!(!after.contains("strangers-own") && !after.contains("BREW"), "strangers must not make labels");
    assert!(!after.contains(&id), "an id must not make a label");
    assert!(value(&after, "http_request_duration_seconds_count", &[("route", "/api/projects/{id}")]) >= 2.0);
}

#[tokio::test]
async fn the_store_recall_and_the_process_are_measured() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    server.store(&id, "error", "k", json!("the cache is cold")).await.expect(201);
    server.recalled(&id, "cold cache").await;
    let text = scraped(&server).await;
    assert!(value(&text, "store_operations_total", &[("outcome", "ok")]) >= 3.0, "{text}");
    assert!(value(&text, "store_operation_duration_seconds_count", &[]) >= 3.0);
    assert!(value(&text, "index_projects", &[]) >= 1.0);
    assert!(value(&text, "index_items", &[]) >= 1.0);
    assert!(value(&text, "index_memory_bytes", &[]) >= 1.0);
    for stage in ["search", "fetch"] {
        assert!(value(&text, "recall_stage_duration_seconds_count", &[("stage", stage)]) >= 1.0, "{stage}");
    }
    assert!(value(&text, "process_resident_memory_bytes", &[]) > 1e6);
    assert!(value(&text, "process_start_time_seconds", &[]) > 1.7e9);
    assert!(text.contains("process_cpu_seconds_total") && text.contains("process_open_fds"), "{text}");
}

#[tokio::test]
async fn every_line_is_of_the_format() {
    let server = TestServer::start().await;
    let id = server.project("a \"quoted\" \\ name").await;
    server.get(&format!("/api/projects/{id}/memory/error/%22%5C%0A")).await;
    let text = scraped(&server).await;
    assert!(text.ends_with('\n'));
    let mut typed = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# ") {
            let words: Vec<_> = rest.splitn(3, ' ').collect();
            assert!(matches!(words[0], "HELP" | "TYPE") && words.len() == 3, "{line}");
            if words[0] == "TYPE" {
                assert!(!typed.contains(&words[1].to_owned()), "{line} again");
                typed.push(words[1].to_owned());
            }
            continue;
        }
        let (series, number) = line.rsplit_once(' ').unwrap();
        assert!(number.parse::<f64>().is_ok(), "{line}");
        let name = series.split('{').next().unwrap();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        assert!(plain && (series == name || series.ends_with('}')), "{line}");
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let known = |name: &str| typed.iter().any(|it| it == name);
        assert!(known(name) || family.is_some_and(known), "{line} has no type");
    }
}
