//! Cross-origin requests.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

const OWN: &str = "http://localhost:3000";
const SECOND: &str = "https://app.example:8443";
const FOREIGN: &str = "https://evil.example";

fn list(answer: &Answer, header: &str) -> Vec<String> {
    let values = answer.headers.get_all(header).iter().map(|value| value.to_str().unwrap());
    values.flat_map(|value| value.split(',')).map(|part| part.trim().to_ascii_lowercase()).collect()
}

async fn preflight(server: &TestServer, path: &str, origin: &str, method: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization, content-type, idempotency-key"),
    ];
    server.call(Method::OPTIONS, path, &headers, Value::Null).await
}

#[tokio::test]
async fn a_preflight_tells_an_allowed_origin_what_it_may_send() {
    let server =
        TestServer::with(&[("CORS_ORIGINS", "http://localhost:3000, https://app.example:8443")]).await;
    for origin in [OWN, SECOND] {
        for path in
            ["/api/projects", "/api/projects/", "/api/memory/recall", "/api/projects/x/memory/error/k"]
        {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let answer = preflight(&server, path, origin, method).await;
                assert!(answer.status.is_success() && answer.body.is_empty(), "{answer:?}");
                assert_eq!(answer.header("access-control-allow-origin"), origin);
                assert!(list(&answer, "access-control-allow-methods").contains(&method.to_ascii_lowercase()));
                assert!(list(&answer, "vary").contains(&"origin".to_owned()), "{answer:?}");
                assert!(!answer.header("x-request-id").is_empty());
            }
        }
    }
    let answer = preflight(&server, "/api/projects", OWN, "POST").await;
    let mut allowed = list(&answer, "access-control-allow-headers");
    allowed.sort();
    let wanted = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "x-api-key",
        "x-request-id",
    ];
    assert_eq!(allowed, wanted);
}

#[tokio::test]
async fn a_foreign_origin_is_told_nothing() {
    let server = TestServer::start().await;
    for origin in [
        FOREIGN,
        "null",
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.example",
    ] {
        let asked = preflight(&server, "/api/projects", origin, "POST").await;
        let simple =
            server.call(Method::GET, "/api/projects", &[("origin", origin)], Value::Null).await.expect(200);
        for answer in [asked, simple] {
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
            assert!(list(&answer, "vary").contains(&"origin".to_owned()), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_allowed_origin_may_read_every_answer_and_its_headers() {
    let server = TestServer::with(&[("MAX_BODY_BYTES", "1024")]).await;
    let project = server.project("p").await;
    let own = [("origin", OWN)];
    let own_json = [("origin", OWN), ("accept", "text/html")];
    let (path, gone) = (format!("/api/projects/{project}"), "/api/projects/none");
    let large = json!({"name": "n".repeat(2000)});
    let answers = [
        (server.call(Method::GET, &path, &own, Value::Null).await, 200),
        (server.call(Method::POST, "/api/projects", &own, json!({"name": "n"})).await, 201),
        (server.call(Method::DELETE, gone, &own, Value::Null).await, 404),
        (server.call(Method::GET, "/nowhere", &own, Value::Null).await, 404),
        (server.call(Method::GET, "/docs/none", &own, Value::Null).await, 404),
        (server.call(Method::GET, "/docs/%ff", &own, Value::Null).await, 400),
        (server.call(Method::GET, "/api/projects/%ff", &own, Value::Null).await, 400),
        (server.call(Method::POST, "/api/projects", &own, json!({})).await, 422),
        (server.call(Method::PUT, "/api/projects", &own, json!({})).await, 405),
        (server.call(Method::POST, "/api/projects", &own, large).await, 413),
        (server.call(Method::GET, "/api/projects", &own_json, Value::Null).await, 406),
        (server.call(Method::GET, "/health", &own, Value::Null).await, 200),
        (server.call(Method::GET, "/openapi.json", &own, Value::Null).await, 200),
    ];
    for (answer, status) in answers {
        let answer = answer.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), OWN, "{status}: {answer:?}");
        assert!(list(&answer, "vary").contains(&"origin".to_owned()), "{status}: {answer:?}");
        let exposed = list(&answer, "access-control-expose-headers");
        for header in [
            "link",
            "x-total-count",
            "etag",
            "location",
            "x-request-id",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-evicted-key",
        ] {
            assert!(exposed.contains(&header.to_owned()), "{status}: {header} is not in {exposed:?}");
        }
    }
}

#[tokio::test]
async fn a_star_allows_every_origin_and_no_credentials() {
    let server = TestServer::with(&[("CORS_ORIGINS", "*")]).await;
    for origin in [OWN, FOREIGN, "null"] {
        let simple =
            server.call(Method::GET, "/nowhere", &[("origin", origin)], Value::Null).await.expect(404);
        for answer in [preflight(&server, "/api/projects", origin, "DELETE").await, simple] {
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(
                answer.header("access-control-allow-credentials"),
                "",
                "browsers refuse both together"
            );
        }
    }
}
