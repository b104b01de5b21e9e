//! A store that does not answer, a fault inside, and doors that are shut: told as they are, and nothing more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use jiff::Timestamp;
use pm_core::ports::{Clock, SystemClock};
use pm_store::memory::MemoryStore;
use serde_json::{Value, json};

use crate::harness::{TestServer, ports_of};

/// Every operation of the API, once.
fn requests(id: &str) -> Vec<(Method, String, Value)> {
    let project = format!("/api/projects/{id}");
    let item = json!({"project_id": id, "type": "error", "key": "new", "value": 1});
    let message = json!({"role": "user", "content": "c"});
    let none = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";
    vec![
        (Method::GET, "/api/projects".to_owned(), Value::Null),
        (Method::POST, "/api/projects".to_owned(), json!({"name": "new"})),
        (Method::GET, project.clone(), Value::Null),
        (Method::PATCH, project.clone(), json!({"name": "new"})),
        (Method::PUT, project.clone(), json!({"name": "new"})),
        (Method::DELETE, project.clone(), Value::Null),
        (Method::POST, "/api/memory/store".to_owned(), item),
        (Method::POST, "/api/memory/store/batch".to_owned(), json!({"project_id": id, "items": []})),
        (Method::POST, "/api/memory/recall".to_owned(), json!({"project_id": id, "query": "walrus"})),
        (Method::GET, format!("/api/memory/recall?project_id={id}&query="), Value::Null),
        (Method::DELETE, format!("/api/memory/k?project_id={id}"), Value::Null),
        (Method::DELETE, format!("/api/memory/{id}/k"), Value::Null),
        (Method::DELETE, format!("/api/memory?project_id={id}&key=k"), Value::Null),
        (Method::GET, format!("/api/memory/{id}/count"), Value::Null),
        (Method::GET, format!("{project}/memory"), Value::Null),
        (Method::DELETE, format!("{project}/memory"), Value::Null),
        (Method::GET, format!("{project}/memory/count"), Value::Null),
        (Method::GET, format!("{project}/memory/error/k"), Value::Null),
        (Method::PUT, format!("{project}/memory/error/k"), json!({"value": 1})),
        (Method::DELETE, format!("{project}/memory/error/k"), Value::Null),
        (Method::GET, format!("{project}/messages"), Value::Null),
        (Method::POST, format!("{project}/messages"), message),
        (Method::GET, format!("{project}/messages/{none}"), Value::Null),
        (Method::DELETE, format!("{project}/messages/{none}"), Value::Null),
        (Method::GET, format!("{project}/context?query=walrus"), Value::Null),
    ]
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_never_taken_for_an_empty_one() {
    let (server, store, _) = TestServer::by_hand(&[]).await;
    let id = server.project("p").await;
    server.store(&id, "error", "k", json!("walrus")).await.expect(201);
    assert_eq!(server.recalled(&id, "walrus").await, ["k"], "its index is loaded");
    store.fail(true);
    for (method, path, body) in requests(&id) {
        for headers in [&[][..], &[("if-match", "*"), ("idempotency-key", "key")]] {
            let answer = server.call(method.clone(), &path, headers, body.clone()).await;
            assert_eq!(answer.header("retry-after"), "1", "{method} {path}");
            let problem = answer.problem(503, "store_unavailable");
            assert!(!problem.to_string().contains("told to fail"), "{problem}");
        }
    }
    store.fail(false);
    assert_eq!(server.recalled(&id, "walrus").await, ["k"]);
    assert_eq!(server.count(&id).await, 1, "what was refused was not done");
    server.store(&id, "error", "k2", json!("another walrus")).await.expect(201);
    assert_eq!(server.recalled(&id, "walrus").await.len(), 2);
}

#[tokio::test]
async fn health_tells_that_the_store_is_gone_and_back() {
    let (server, store, _) = TestServer::by_hand(&[]).await;
    let check = async |status: u16, health: &str, answers: &str| {
        for path in [
            "/health",
            "/health/redis",
            "/health/ready",
            "/api/health/",
            "/api/health/redis",
            "/api/health/ready",
        ] {
            let answer = server.get(path).await.expect(status);
            assert_eq!(answer.header("content-type"), "application/json");
            let body = answer.json();
            assert_eq!(
                (&body["status"], &body["store"]["status"]),
                (&json!(health), &json!(answers)),
                "{path}"
            );
            assert_eq!(
                (&body["store"]["kind"], &body["redis"]),
                (&json!("memory"), &json!("not_configured"))
            );
            assert!(body["store"]["latency_ms"].is_number() && body["uptime_seconds"].is_u64(), "{body}");
            assert_eq!(body["timestamp"], "2026-03-05T14:07:00Z");
        }
        for path in ["/health/live", "/api/health/live/"] {
            assert_eq!(server.get(path).await.expect(200).json()["status"], "healthy");
        }
    };
    check(200, "healthy", "connected").await;
    store.fail(true);
    check(503, "unhealthy", "disconnected").await;
    server.get("/").await.expect(200);
    server.get("/metrics").await.expect(200);
    store.fail(false);
    check(200, "healthy", "connected").await;
}

/// A clock that breaks: the store asks it in the midst of its work.
#[derive(Debug, Default)]
struct Breaking(AtomicBool);

impl Clock for Breaking {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(Ordering::SeqCst), "the secret spring snapped");
        SystemClock.now()
    }
}

#[tokio::test]
async fn a_panic_is_answered_as_a_fault_and_the_server_lives_on() {
    let clock = Arc::new(Breaking::default());
    let store = MemoryStore::new(clock.clone());
    let server = TestServer::over(ports_of(&store, clock.clone()), &[]).await;
    let id = server.project("p").await;
    server.store(&id, "error", "k", json!("walrus")).await.expect(201);
    clock.0.store(true, Ordering::SeqCst);
    let own = [("origin", "http://localhost:3000")];
    for (method, path, body) in requests(&id) {
        let answer = server.call(method, &path, &own, body).await;
        assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:3000");
        let problem = answer.problem(500, "internal_error").to_string();
        for inside in ["secret", "spring", "panic", "clock", ".rs"] {
            assert!(!problem.contains(inside), "{path}: {problem}");
        }
    }
    clock.0.store(false, Ordering::SeqCst);
    assert_eq!(server.recalled(&id, "walrus").await, ["k"]);
    assert_eq!(server.count(&id).await, 1);
}

#[tokio::test]
async fn where_a_credential_is_needed_nothing_is_told_without_one() {
    let folder = {
        let server = TestServer::start().await;
        server.project("the secret project").await;
        server.stop().await
    };
    let server = TestServer::start_in(folder, &[("AUTH_REQUIRED", "true")]).await;
    let mut all = requests("0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f");
    for path in
        ["/api", "/api/nowhere", "/api/projects/", "/api/projects/%ff", "/api/healthy", "/api/health/x"]
    {
        all.push((Method::GET, path.to_owned(), Value::Null));
    }
    all.push((Method::PUT, "/api/projects".to_owned(), json!({})));
    for (method, path, body) in all {
        for credential in [&[][..], &[("authorization", "Bearer x")], &[("x-api-key", "aipm_a_b")]] {
            let answer = server.call(method.clone(), &path, credential, body.clone()).await;
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
            assert_eq!((answer.header("etag"), answer.header("x-total-count")), ("", ""), "{method} {path}");
            let problem = answer.problem(401, "unauthorized").to_string();
            assert!(!problem.contains("secret"), "{problem}");
        }
    }
    for path in
        ["/", "/health", "/health/redis", "/health/live/", "/health/ready", "/api/health", "/api/health/live"]
    {
        server.get(path).await.expect(200);
    }
    for path in ["/docs", "/docs/", "/openapi.json", "/metrics"] {
        server.get(path).await.expect(200);
    }
    let headers = [("origin", "http://localhost:3000"), ("access-control-request-method", "POST")];
    server.call(Method::OPTIONS, "/api/projects", &headers, Value::Null).await.expect(200);
}

#[tokio::test]
async fn documents_and_metrics_are_open_in_development_alone() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true"), ("ENVIRONMENT", "test")]).await;
    for path in ["/docs", "/docs/", "/docs/swagger-ui.css", "/openapi.json", "/metrics", "/api/metrics"] {
        let answer = server.get(path).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
        answer.problem(401, "unauthorized");
    }
    server.get("/health").await.expect(200);
}
