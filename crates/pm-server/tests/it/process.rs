//! The server as a process: how it starts, how it ends, and what it leaves behind.

mod commands;

use std::time::Duration;

use http::Method;
use pm_testbed::{Product, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::harness::process::{PATIENCE, Process, refused};
use crate::harness::store::EMBEDDED;

/// By when a server that was told to end has ended: twice what it promises.
const END: Duration = Duration::from_secs(10);

/// What the server sends until it closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("it is not closed").unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_signal_ends_it_and_what_was_written_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut known: Vec<Value> = Vec::new();
    for signal in ["TERM", "INT", "TERM"] {
        let server = Process::start(folder.path(), &[]).await;
        let listed = server.get("/api/projects?sort=created_at").await.expect(200).json();
        assert_eq!(listed, Value::from(known.clone()));
        known.push(server.post("/api/projects", json!({"name": signal})).await.expect(201).json());
        let id = known.last().unwrap()["id"].as_str().unwrap().to_owned();
        let item = json!({"project_id": id, "type": "error", "key": "k", "value": "marmalade"});
        server.post("/api/memory/store", item).await.expect(201);
        for project in &known {
            let body = json!({"project_id": project["id"], "query": "marmalade"});
            assert_eq!(server.post("/api/memory/recall", body).await.expect(200).json()[0]["key"], "k");
        }
        server.signal(signal).await;
        let (status, lines) = server.ended(END).await;
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        assert!(lines.last().unwrap().contains("\"stopped\""), "{lines:#?}");
    }
}

#[tokio::test]
async fn a_signal_that_comes_as_soon_as_it_listens_is_heeded() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..10 {
        Process::start(folder.path(), &[]).await.stop().await;
    }
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[]).await;
    let mut used = TcpStream::connect(server.address()).await.unwrap();
    used.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    used.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let mut fresh = TcpStream::connect(server.address()).await.unwrap();
    server.signal("TERM").await;
    let (status, lines) = server.ended(END).await;
    assert_eq!(status.code(), Some(0));
    assert!(lines.last().unwrap().contains("\"cut\":0"), "{lines:#?}");
    assert!(rest(&mut used).await.ends_with('}'), "the rest of its answer, and no more");
    assert_eq!(rest(&mut fresh).await, "");
}

/// Sends the head and the first byte of the body of a request, whose length is `length`.
async fn begin(server: &Process, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /api/projects HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    // The server reads the body: it has the request.
    timeout(PATIENCE, stream.read_exact(&mut go_on)).await.unwrap().unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{").await.unwrap();
    stream
}

#[tokio::test]
async fn a_request_in_flight_is_answered_and_one_that_never_ends_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::start(folder.path(), &[]).await;
    let body = r#"{"name":"in flight"}"#;
    let mut ends = begin(&server, body.len()).await;
    let mut never_ends = begin(&server, body.len()).await;
    server.signal("TERM").await;
    server.logged(|line| line.contains("\"stopping")).await;
    ends.write_all(&body.as_bytes()[1..]).await.unwrap();

    let answer = rest(&mut ends).await;
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    let answer = rest(&mut never_ends).await;
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.contains("\"code\":\"shutting_down\""), "{answer}");
    let (status, _) = server.ended(END).await;
    assert_eq!(status.code(), Some(0));

    let server = Process::start(folder.path(), &[]).await;
    let listed = server.get("/api/projects").await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["name"], "in flight");
    server.stop().await;
}

#[tokio::test]
async fn a_store_that_is_stuck_does_not_keep_the_server_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[EMBEDDED]).await;
    let kept = server.project("kept").await;
    let body = r#"{"name":"stuck"}"#;
    let mut stuck = begin(&server, body.len()).await;
    // As a backup or a shell might: nobody else can write while it lasts.
    let holder = rusqlite::Connection::open(folder.path().join("data/ai-pm.sqlite3")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    stuck.write_all(&body.as_bytes()[1..]).await.unwrap();
    server.get(&format!("/api/projects/{kept}")).await.expect(200);
    server.signal("TERM").await;
    let answer = rest(&mut stuck).await;
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    let (status, _) = server.ended(END).await;
    assert_eq!(status.code(), Some(0));

    drop(holder);
    let server = Process::start(folder.path(), &[EMBEDDED]).await;
    let listed = server.get("/api/projects").await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "what was not acknowledged did not happen: {listed}");
    server.stop().await;
}

#[tokio::test]
async fn a_second_server_is_refused_the_folder_and_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[EMBEDDED]).await;
    let any_port = [EMBEDDED, ("API_HOST", "127.0.0.1"), ("API_PORT", "0")];
    refused(folder.path(), &any_port, &[], 1, &["another ai-pm holds ./data", "DATA_DIR"]).await;

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let other = tempfile::tempdir().unwrap();
    let settings = [("API_HOST", "127.0.0.1"), ("API_PORT", port.as_str())];
    let named = format!("cannot listen on 127.0.0.1:{port}");
    refused(other.path(), &settings, &["serve"], 1, &[&named, "in use"]).await;

    server.get("/health").await.expect(200);
    server.kill().await;
    let server = Process::start(folder.path(), &[]).await;
    server.get("/health").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_store_that_cannot_be_had_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let inside = folder.path().join("file/data").display().to_string();
    let at = [EMBEDDED, ("API_HOST", "127.0.0.1"), ("API_PORT", "0")];
    refused(folder.path(), &[&at[..], &[("DATA_DIR", &inside)]].concat(), &[], 1, &[&inside]).await;
    // Nobody listens on this port.
    let redis = [("REDIS_PORT", "1"), ("REDIS_PASSWORD", "hunter2-secret")];
    let export = ["export", "--project", "0190a5d4-0000-7000-8000-000000000000"];
    refused(folder.path(), &redis, &export, 1, &["Redis does not answer", "localhost:1", "REDIS_URL"]).await;
    let encrypted =
        [&at[1..], &[("REDIS_URL", "rediss://localhost:1"), ("REDIS_TLS_CA", inside.as_str())]].concat();
    refused(folder.path(), &encrypted, &[], 1, &["REDIS_TLS_CA", &inside]).await;
    let log = [&at[..], &[("LOG_DIR", &inside)]].concat();
    refused(folder.path(), &log, &[], 2, &["cannot write log files to", &inside]).await;

    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("ai-pm.sqlite3"), "no database at all, but long enough".repeat(99))
        .unwrap();
    let data = foreign.path().display().to_string();
    let settings = [&at[..], &[("DATA_DIR", data.as_str())]].concat();
    refused(folder.path(), &settings, &[], 1, &["cannot open the database"]).await;
}

#[tokio::test]
async fn a_server_starts_before_its_redis() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Server::start(Product::Redis);
    let url = redis.url();
    redis.kill();
    let server = Process::start(folder.path(), &[("REDIS_URL", &url)]).await;
    let health = server.get("/health").await.expect(503).json();
    assert_eq!((&health["status"], &health["redis"]), (&"unhealthy".into(), &"disconnected".into()));
    server.get("/health/live").await.expect(200);
    server.get("/api/projects").await.problem(503, "store_unavailable");
    redis.restart();
    while server.get("/health").await.status != 200 {}
    let health = server.get("/health/redis").await.expect(200).json();
    assert_eq!((&health["status"], &health["redis"]), (&"healthy".into(), &"connected".into()));
    assert_eq!(
        (&health["store"]["product"], &health["store"]["mode"]),
        (&"redis".into(), &"standalone".into())
    );
    server.project("at last").await;
    let metrics = server.get("/metrics").await.expect(200);
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    for line in [
        "redis_connected_nodes 1",
        "redis_connections_total 1",
        "redis_commands_in_flight 0",
        "redis_commands_total{command=\"create_project\",outcome=\"ok\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_are_logged_and_no_stranger_writes_the_log() {
    for format in ["json", "pretty"] {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let settings = [("LOG_DIR", "logs"), ("LOG_LEVEL", "DEBUG"), ("LOG_FORMAT", format)];
        let server = Process::start(folder.path(), &settings).await;
        let evil = "x\\n{\\\"message\\\":\\\"forged\\\"}\tforged";
        let path = "/api/projects/none%0Aforged%1B%E2%80%A8x";
        let get =
            async |path, id| server.call(Method::GET, path, &[("x-request-id", id)], &Value::Null).await;
        let answer = get(path, evil).await.problem(404, "project_not_found");
        assert_ne!(answer["request_id"], evil);
        let traced = get("/health", "traced-1").await.expect(200);
        assert_eq!(traced.header("x-request-id"), "traced-1");
        let lines = server.stop().await;

        let files: Vec<_> = std::fs::read_dir(&logs).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let filed = std::fs::read_to_string(&files[0]).unwrap();
        // Each of the two looks at the clock by itself.
        let untimed = |line: &str| line.split_once('Z').unwrap_or_else(|| panic!("{line:?}")).1.to_owned();
        // What two threads say at one moment may come to them in either order.
        let sorted = |mut lines: Vec<String>| {
            lines.sort_unstable();
            lines
        };
        assert_eq!(
            sorted(filed.lines().map(untimed).collect()),
            sorted(lines.iter().map(|line| untimed(line)).collect())
        );
        let own = answer["request_id"].as_str().unwrap();
        for id in [own, "traced-1"] {
            let of_it: Vec<&String> = lines.iter().filter(|line| line.contains(id)).collect();
            assert_eq!(of_it.len(), 1, "{lines:#?}");
            assert!(of_it[0].contains("GET"), "{of_it:?}");
        }
        for line in &lines {
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(!line.contains("message\":\"forged"), "{line:?}");
            assert_eq!(format == "json", serde_json::from_str::<Value>(line).is_ok(), "{line:?}");
        }
    }
}

#[tokio::test]
async fn with_auth_required_the_doors_are_shut() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::start(folder.path(), &[("AUTH_REQUIRED", "true")]).await;
    for open in ["/", "/health", "/api/health/live", "/docs", "/openapi.json", "/metrics"] {
        server.get(open).await.expect(200);
    }
    for shut in ["/api/projects", "/api/projects/", "/api/memory/recall", "/api/unknown", "//api/projects"] {
        let answer = server.get(shut).await;
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{shut}: {answer:?}");
        answer.problem(401, "unauthorized");
    }
    server.post("/api/projects", json!({"name": "n"})).await.problem(401, "unauthorized");
    server.logged(|line| line.contains("bootstrap") && line.contains("WARN")).await;
    server.stop().await;
}
