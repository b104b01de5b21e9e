//! Every route is documented, with every method, but for those listed here.

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;
use serde_json::Value;

use super::schema::Document;
use super::stage::Stage;

/// Routes that serve the documents, and deletes of keys that are called like a route.
const UNDOCUMENTED: &[&str] = &["/openapi.json", "/docs", "/docs/{*file}"];
const DELETES: &[&str] =
    &["/api/memory/store", "/api/memory/recall", "/api/memory/store/batch", "/api/memory/{project_id}/count"];

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The argument of every `.route("..", ..)` in the sources, and how many handlers declare themselves.
fn declared_in_the_sources() -> (BTreeSet<String>, usize) {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rest"), &mut texts);
    let calls = texts.iter().flat_map(|text| text.split(".route(\"").skip(1));
    let routes = calls.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    (routes, texts.iter().map(|text| text.matches("#[utoipa::path(").count()).sum())
}

#[test]
fn every_route_of_the_sources_is_documented() {
    let document = Document::read();
    let documented: BTreeSet<_> = document.operations().iter().map(|it| it.path.to_owned()).collect();
    let (routes, handlers) = declared_in_the_sources();
    for route in &routes {
        let known = documented.contains(route) || UNDOCUMENTED.contains(&route.as_str());
        assert!(known, "{route} is not documented");
    }
    let aliases = document.operations().iter().filter(|it| it.declared["tags"][0] == "server").count() / 2;
    assert_eq!(
        document.operations().len(),
        handlers + aliases,
        "a handler that declares itself has no route"
    );
}

#[tokio::test]
async fn a_route_has_the_documented_methods_and_no_others() {
    let document = Document::read();
    let stage = Stage::set().await;
    let documented = document.0["paths"].as_object().unwrap();
    for (path, item) in documented {
        let mut methods: BTreeSet<_> = item.as_object().unwrap().keys().map(|it| it.to_uppercase()).collect();
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        if DELETES.contains(&path.as_str()) {
            methods.insert("DELETE".to_owned());
        }
        let operation = document.operations().into_iter().find(|it| it.path == path).unwrap();
        let target = stage.target(&operation);
        let answer = stage.server.call(Method::TRACE, &target, &[], Value::Null).await;
        answer.clone().problem(405, "method_not_allowed");
        let allowed: BTreeSet<_> = answer.header("allow").split(',').map(|it| it.trim().to_owned()).collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[tokio::test]
async fn health_and_metrics_also_work_under_api() {
    let stage = Stage::set().await;
    for path in ["/health", "/health/redis", "/health/live", "/health/ready", "/metrics"] {
        let (bare, api) =
            (stage.server.get(path).await.expect(200), stage.server.get(&format!("/api{path}")).await);
        assert_eq!(api.expect(200).header("content-type"), bare.header("content-type"));
    }
    let root = stage.server.get("/").await.expect(200).json();
    for field in ["docs", "openapi", "health"] {
        stage.server.get(root[field].as_str().unwrap()).await.expect(200);
    }
    assert_eq!(root["version"], env!("CARGO_PKG_VERSION"));
}
