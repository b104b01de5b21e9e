//! Keys and ids of every kind: found, deleted exactly, never another's.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::harness::TestServer;

/// Characters that mean something to SQL, Redis, globs, paths, URLs and shells, and one of every kind of script.
const ODD: &[&str] = &[
    ":",
    "*",
    "?",
    "[",
    "]",
    "/",
    "%",
    "_",
    "{",
    "}",
    "..",
    ".",
    "\\",
    "'",
    "\"",
    ";",
    "--",
    "a b",
    " a",
    "a ",
    "a:b:c",
    "a*",
    "a?",
    "a[b",
    "a/b",
    "a//b",
    "/a",
    "a/",
    "%41",
    "A",
    "a",
    "{id}",
    "../a",
    "&",
    "=",
    "+",
    "#",
    "recall",
    "store",
    "store/batch",
    "batch",
    "count",
    "count/",
    "\u{301}",
    "é",
    "e\u{301}",
    "ñ",
    "ß",
    "ẞ",
    "İ",
    "ı",
    "ﬁ",
    "fi",
    "\u{2126}",
    "\u{3a9}",
    "ключ",
    "κλειδί",
    "鍵",
    "キー",
    "열쇠",
    "กุญแจ",
    "कुंजी",
    "مفتاح",
    "מפתח",
    "բանալի",
    "გასაღები",
    "ቁልፍ",
    "🔑",
    "👩‍👩‍👧",
    "\u{feff}x",
    "\u{200b}",
    "\u{202e}abc",
    "\u{10ffff}",
    "\u{e000}",
    "a\u{10ffff}",
];

fn encoded(key: &str) -> String {
    utf8_percent_encode(key, NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn every_key_is_found_and_deleted_exactly() {
    let server = TestServer::start().await;
    let (mine, other) = (server.project("mine").await, server.project("other").await);
    for (n, key) in ODD.iter().enumerate() {
        for project in [&mine, &other] {
            server.store(project, "context", key, json!({"n": n, "project": project})).await.expect(201);
        }
    }
    assert_eq!(server.count(&mine).await, ODD.len() as u64);
    for (n, key) in ODD.iter().enumerate() {
        let listed = server
            .get(&format!("/api/projects/{mine}/memory?sort=key&prefix={}", encoded(key)))
            .await
            .expect(200)
            .json();
        for item in listed.as_array().unwrap() {
            assert!(item["key"].as_str().unwrap().starts_with(key), "{key:?} {item}");
        }
        assert!(listed.as_array().unwrap().iter().any(|item| item["key"] == *key), "{key:?}");
        // Clients take `.` and `..` out of paths, encoded or not: those are reached by the query string.
        let by_path = !matches!(*key, "." | "..");
        if by_path {
            let read = server
                .get(&format!("/api/projects/{mine}/memory/context/{}", encoded(key)))
                .await
                .expect(200)
                .json();
            assert_eq!(read["key"], *key);
            assert_eq!(read["value"], json!({"n": n, "project": mine}));
        }
        let gone = match n % 3 {
            _ if !by_path => format!("/api/memory?project_id={mine}&key={}", encoded(key)),
            0 => format!("/api/memory/{}?project_id={mine}", encoded(key)),
            1 => format!("/api/memory/{mine}/{}", encoded(key)),
            _ => format!("/api/projects/{mine}/memory/context/{}", encoded(key)),
        };
        server.delete(&gone).await.expect(204);
        server.delete(&gone).await.problem(404, "memory_not_found");
        assert_eq!(server.count(&mine).await, (ODD.len() - n - 1) as u64, "{key:?} took another along");
    }
    assert_eq!(server.count(&other).await, ODD.len() as u64);
}

#[tokio::test]
async fn a_key_is_recalled_by_its_own_text() {
    let server = TestServer::start().await;
    let project = server.project("keys").await;
    for key in ["login-500", "src/session/cache.rs", "E0382", "ключ-7", "鍵:本番"] {
        server.store(&project, "error", key, json!("something else entirely")).await.expect(201);
        assert_eq!(server.recalled(&project, key).await.first().map(String::as_str), Some(key));
    }
}

#[tokio::test]
async fn what_is_no_project_id_names_no_project() {
    let server = TestServer::start().await;
    let project = server.project("mine").await;
    server.store(&project, "context", "k", json!("v")).await.expect(201);
    let upper = project.to_uppercase();
    let bare = project.replace('-', "");
    let start = &project[..8];
    for odd in ODD.iter().copied().chain([upper.as_str(), bare.as_str(), start, "", "null", "0"]) {
        let body = json!({"project_id": odd, "query": "v"});
        server.post("/api/memory/recall", body).await.problem(404, "project_not_found");
        server.store(odd, "context", "k", json!(1)).await.problem(404, "project_not_found");
        let query = format!("/api/memory/recall?query=v&project_id={}", encoded(odd));
        server.get(&query).await.problem(404, "project_not_found");
        let deleted = server.delete(&format!("/api/memory/k?project_id={}", encoded(odd))).await;
        if odd.is_empty() {
            deleted.invalid("project_id");
        } else {
            deleted.problem(404, "project_not_found");
        }
        if odd.is_empty() || matches!(odd, "." | "..") {
            continue;
        }
        let path = format!("/api/projects/{}", encoded(odd));
        server.get(&path).await.problem(404, "project_not_found");
        server.delete(&path).await.problem(404, "project_not_found");
        server.get(&format!("{path}/memory")).await.problem(404, "project_not_found");
        server.get(&format!("{path}/messages")).await.problem(404, "project_not_found");
        server.get(&format!("{path}/context")).await.problem(404, "project_not_found");
        server.get(&format!("/api/memory/{}/count", encoded(odd))).await.problem(404, "project_not_found");
    }
    assert_eq!(server.count(&project).await, 1);
}

#[tokio::test]
async fn a_delete_without_a_project_is_refused_and_clears_nothing() {
    let server = TestServer::start().await;
    let project = server.project("mine").await;
    server.store(&project, "context", "k", json!("v")).await.expect(201);
    for path in
        ["/api/memory/k", "/api/memory/recall", "/api/memory/store", "/api/memory?key=k", "/api/memory"]
    {
        server.delete(path).await.invalid("project_id");
    }
    server.delete(&format!("/api/memory/?project_id={project}")).await.invalid("key");
    server.delete(&format!("/api/memory/k?project_id={project}&type=")).await.invalid("type");
    server.delete(&format!("/api/projects/{project}/memory?type=error")).await.invalid("type");
    assert_eq!(server.count(&project).await, 1);
}

#[tokio::test]
async fn one_key_may_stand_for_an_item_of_each_type() {
    let server = TestServer::start().await;
    let project = server.project("mine").await;
    for r#type in ["error", "solution", "context", "dependency"] {
        server.store(&project, r#type, "login-500", json!(r#type)).await.expect(201);
    }
    server.delete(&format!("/api/memory/login-500?project_id={project}&type=solution")).await.expect(204);
    let count = server.get(&format!("/api/memory/{project}/count")).await.expect(200).json();
    assert_eq!(count["by_type"], json!({"error": 1, "solution": 0, "context": 1, "dependency": 1}));
    server.delete(&format!("/api/memory/{project}/login-500")).await.expect(204);
    assert_eq!(server.count(&project).await, 0);
}
