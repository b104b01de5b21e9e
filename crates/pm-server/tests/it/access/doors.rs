//! Documents and metrics: who sees them, by environment and settings.

use http::Method;
use serde_json::{Value, json};

use crate::harness::TestServer;

const DOCUMENTS: [&str; 5] = ["/docs", "/docs/", "/docs/swagger-ui.css", "/openapi.json", "/openapi.json/"];
const METRICS: [&str; 3] = ["/metrics", "/metrics/", "/api/metrics"];

async fn server(environment: &str, settings: &[(&str, &str)]) -> TestServer {
    let all = [("ENVIRONMENT", environment), ("SECRET_KEY", "0123456789abcdef0123456789abcdef")];
    TestServer::with(&[&all[..], settings].concat()).await
}

/// Asks with no key, with one that is not good and with a good one, and checks the statuses.
async fn check(server: &TestServer, paths: &[&str], statuses: [u16; 3], case: &str) {
    let key = server.key(json!({"scopes": ["read"]})).await;
    for path in paths {
        for (headers, status) in
            [&[][..], &[("x-api-key", "x")], &[("x-api-key", key.as_str())]].into_iter().zip(statuses)
        {
            let answer = server.call(Method::GET, path, headers, Value::Null).await;
            assert_eq!(answer.status.as_u16(), status, "{case}, {path}, {headers:?}: {answer:?}");
            if status == 401 {
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{case}, {path}");
                answer.problem(401, "unauthorized");
            }
        }
    }
}

const OPEN: [u16; 3] = [200, 200, 200];
const LOCKED: [u16; 3] = [401, 401, 200];

#[tokio::test]
async fn metrics_are_open_or_shut_as_the_setting_has_it() {
    for (environment, required, setting, statuses) in [
        ("development", "false", "", OPEN),
        ("development", "true", "", OPEN),
        ("development", "false", "true", LOCKED),
        ("development", "true", "true", LOCKED),
        ("development", "true", "false", OPEN),
        ("test", "false", "", OPEN),
        ("test", "true", "", LOCKED),
        ("test", "false", "true", LOCKED),
        ("test", "true", "false", OPEN),
        ("production", "", "", LOCKED),
        ("production", "", "true", LOCKED),
        ("production", "", "false", OPEN),
    ] {
        let settings = [("AUTH_REQUIRED", required), ("METRICS_AUTH", setting)];
        let case = format!("{environment}, {settings:?}");
        let server = server(environment, &settings).await;
        check(&server, &METRICS, statuses, &case).await;
        // The rest is as without the setting.
        let documents = if environment == "development" || required == "false" { OPEN } else { LOCKED };
        check(&server, &DOCUMENTS, documents, &case).await;
        let projects = if required == "false" { 200 } else { 401 };
        server.get("/api/projects").await.expect(projects);
        server.get("/health").await.expect(200);
    }
}

#[tokio::test]
async fn documents_that_are_not_shown_are_no_route_to_anybody() {
    for environment in ["development", "test", "production"] {
        let shown = server(environment, &[("DOCS_ENABLED", "true")]).await;
        let root = shown.get("/").await.expect(200).json();
        assert_eq!((&root["docs"], &root["openapi"]), (&json!("/docs"), &json!("/openapi.json")));
        let hidden = server(environment, &[("DOCS_ENABLED", "false")]).await;
        check(&hidden, &DOCUMENTS, [404; 3], environment).await;
        for path in DOCUMENTS {
            let told = hidden.get(path).await.problem(404, "route_not_found");
            assert_eq!(told["detail"], "there is no such route", "it names no page that is not there");
            hidden.call(Method::POST, path, &[], Value::Null).await.problem(404, "route_not_found");
        }
        let root = hidden.get("/").await.expect(200).json();
        let fields: Vec<_> = root.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["name", "message", "version", "health"]);
        let metrics = if environment == "production" { LOCKED } else { OPEN };
        check(&hidden, &METRICS, metrics, environment).await;
    }
}
