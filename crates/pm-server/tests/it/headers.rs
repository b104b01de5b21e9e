//! Headers that every answer has, and those that a request may have.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

async fn get(server: &TestServer, path: &str, header: (&str, &str)) -> Answer {
    server.call(Method::GET, path, &[header], Value::Null).await
}

#[tokio::test]
async fn a_sane_request_id_is_taken() {
    let server = TestServer::start().await;
    let long = "x".repeat(128);
    for id in ["abc", "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f", "a.b_c-d:e/f+g=", &long] {
        let header = ("x-request-id", id);
        assert_eq!(get(&server, "/api/projects", header).await.expect(200).header("x-request-id"), id);
        assert_eq!(get(&server, "/nowhere", header).await.problem(404, "route_not_found")["request_id"], id);
    }
}

#[tokio::test]
async fn an_insane_request_id_is_replaced() {
    let server = TestServer::start().await;
    let long = "x".repeat(4096);
    let mut seen = std::collections::HashSet::new();
    for id in ["", " ", "a b", "a\"b", "<script>", "a;b", "a\tb", "{}", "%0a", &long] {
        let answer = get(&server, "/nowhere", ("x-request-id", id)).await;
        let own = answer.header("x-request-id").to_owned();
        assert!(own != id && own.len() == 36, "{id:?}: {own}");
        answer.problem(404, "route_not_found");
        assert!(seen.insert(own), "a request id came twice");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let server = TestServer::start().await;
    let preflight = [("origin", "http://localhost:3000"), ("access-control-request-method", "POST")];
    for answer in [
        server.get("/").await.expect(200),
        server.get("/health/live").await.expect(200),
        server.get("/docs").await.expect(200),
        server.get("/metrics").await.expect(200),
        server.get("/nowhere").await.expect(404),
        server.post("/api/projects", json!({"name": "n"})).await.expect(201),
        server.post_bytes("/api/projects", "{").await.expect(400),
        server.put("/api/projects", json!({})).await.expect(405),
        server.call(Method::HEAD, "/api/projects", &[], Value::Null).await.expect(200),
        server.call(Method::OPTIONS, "/api/projects", &preflight, Value::Null).await.expect(200),
    ] {
        assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn the_wrong_method_is_told_the_right_ones() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    for (method, path, allowed) in [
        ("PUT", "/api/projects/".to_owned(), "GET,HEAD,POST"),
        ("POST", format!("/api/projects/{id}"), "DELETE,GET,HEAD,PATCH,PUT"),
        ("GET", "/api/memory/store".to_owned(), "DELETE,POST"),
        ("PUT", "/api/memory/recall".to_owned(), "DELETE,GET,HEAD,POST"),
        ("GET", "/api/memory/some-key".to_owned(), "DELETE"),
        ("POST", "/health".to_owned(), "GET,HEAD"),
        ("DELETE", "/".to_owned(), "GET,HEAD"),
        ("POST", "/openapi.json".to_owned(), "GET,HEAD"),
        ("BREW", format!("/api/projects/{id}/memory/"), "DELETE,GET,HEAD"),
    ] {
        let answer = server.call(method.parse().unwrap(), &path, &[], Value::Null).await;
        let mut told: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        told.sort_unstable();
        assert_eq!(told.join(","), allowed, "{method} {path}");
        answer.problem(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn who_takes_no_json_gets_none() {
    let server = TestServer::start().await;
    for (accept, status) in [
        ("*/*", 200),
        ("application/json", 200),
        ("application/*", 200),
        ("application/json;charset=utf-8", 200),
        ("text/html, application/xhtml+xml, */*;q=0.8", 200),
        ("application/json;q=0.001", 200),
        ("APPLICATION/JSON", 200),
        ("", 200),
        ("text/html", 406),
        ("application/xml, text/*", 406),
        ("application/json;q=0", 406),
        ("application/json; q=0.0, text/html", 406),
        ("application/jsonp", 406),
    ] {
        let answer = get(&server, "/api/projects", ("accept", accept)).await;
        assert_eq!(answer.status, status, "{accept:?}");
        if status == 406 {
            answer.problem(406, "not_acceptable");
        }
    }
    // Refused before anything is done.
    let accept = [("accept", "text/html")];
    let body = json!({"name": "n"});
    server.call(Method::POST, "/api/projects", &accept, body).await.problem(406, "not_acceptable");
    assert_eq!(server.get("/api/projects").await.header("x-total-count"), "0");
    get(&server, "/docs", ("accept", "text/html")).await.expect(200);
    get(&server, "/metrics", ("accept", "text/plain")).await.expect(200);
    get(&server, "/api/metrics", ("accept", "text/plain")).await.expect(200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    server.store(&id, "error", "k", json!("v")).await.expect(201);
    for path in [
        "/".to_owned(),
        "/health".to_owned(),
        "/docs".to_owned(),
        "/api/projects".to_owned(),
        format!("/api/projects/{id}/"),
        format!("/api/projects/{id}/memory"),
        format!("/api/projects/{id}/memory/error/k"),
        format!("/api/memory/recall?project_id={id}&query=v"),
        "/nowhere".to_owned(),
        "/api/projects/none".to_owned(),
    ] {
        let (head, full) =
            (server.call(Method::HEAD, &path, &[], Value::Null).await, server.get(&path).await);
        assert_eq!(head.status, full.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for header in ["content-type", "etag", "x-total-count", "link", "content-security-policy"] {
            assert_eq!(head.header(header), full.header(header), "{path}: {header}");
        }
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    server.store(&id, "error", "k", json!(1)).await.expect(201);
    for path in [format!("/api/projects/{id}"), format!("/api/projects/{id}/memory/error/k")] {
        let tag = server.get(&path).await.expect(200).header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
        for (sent, status) in [
            (tag.clone(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"0\", {tag}, \"x\""), 304),
            ("*".to_owned(), 304),
            ("\"0\"".to_owned(), 200),
            (tag.trim_matches('"').to_owned(), 200),
            (String::new(), 200),
        ] {
            let answer = get(&server, &path, ("if-none-match", &sent)).await.expect(status);
            assert_eq!(answer.body.is_empty(), status == 304, "{sent}");
            assert_eq!(answer.header("etag"), tag, "{sent}");
        }
        assert!(get(&server, "/api/projects/none", ("if-none-match", "*")).await.status == 404);
    }
}

#[tokio::test]
async fn a_tag_is_of_one_state_of_one_thing() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let path = format!("/api/projects/{id}/memory/error/k");
    let mut seen = std::collections::HashSet::new();
    for n in 0..3 {
        // The same value again is a new state, and so is an item that was deleted and made again.
        let stored = server.put(&path, json!({"value": n / 2})).await;
        assert!(stored.status.is_success());
        assert!(seen.insert(stored.header("etag").to_owned()));
        assert_eq!(stored.header("location").is_empty(), stored.status == 200, "Location with every 201");
    }
    server.delete(&path).await.expect(204);
    let again = server.put(&path, json!({"value": 0})).await.expect(201);
    assert_eq!(again.header("location"), path);
    assert!(seen.insert(again.header("etag").to_owned()));
    let missing = format!("{path}-missing");
    let condition = [("if-match", again.header("etag"))];
    for method in [Method::PUT, Method::DELETE] {
        let body = if method == Method::PUT { json!({"value": 1}) } else { Value::Null };
        server.call(method, &missing, &condition, body).await.problem(412, "precondition_failed");
    }
    let new = [("if-none-match", "*")];
    server.call(Method::PUT, &path, &new, json!({"value": 1})).await.problem(412, "precondition_failed");
    server.call(Method::PUT, &missing, &new, json!({"value": 1})).await.expect(201);
}

#[tokio::test]
async fn a_delete_by_key_honours_its_condition_too() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let tag = server.store(&id, "error", "k", json!(1)).await.expect(201).header("etag").to_owned();
    for path in [
        format!("/api/memory/k?project_id={id}"),
        format!("/api/memory/{id}/k"),
        format!("/api/memory?project_id={id}&key=k"),
    ] {
        for path in [format!("{path}{}type=error", if path.contains('?') { '&' } else { '?' }), path] {
            let stale = [("if-match", "\"999999\"")];
            let refused = server.call(Method::DELETE, &path, &stale, Value::Null).await;
            refused.problem(412, "precondition_failed");
            let none = [("if-none-match", "*")];
            let refused = server.call(Method::DELETE, &path, &none, Value::Null).await;
            refused.problem(412, "precondition_failed");
            assert_eq!(server.count(&id).await, 1, "{path}");
        }
    }
    let path = format!("/api/memory/{id}/k");
    let call = async |tag: &str| server.call(Method::DELETE, &path, &[("if-match", tag)], Value::Null).await;
    // Where items of several types have the key no tag stands for them all; `*` does.
    let other = server.store(&id, "solution", "k", json!(1)).await.expect(201).header("etag").to_owned();
    for tag in [tag.clone(), other.clone(), format!("{tag}, {other}")] {
        call(&tag).await.problem(412, "precondition_failed");
    }
    assert_eq!(server.count(&id).await, 2);
    call("*").await.expect(204);
    assert_eq!(server.count(&id).await, 0);
    call("*").await.problem(412, "precondition_failed");
    let tag = server.store(&id, "context", "k", json!(1)).await.expect(201).header("etag").to_owned();
    call(&tag).await.expect(204);
    call(&tag).await.problem(412, "precondition_failed");
}

#[tokio::test]
async fn browsers_are_told_to_make_nothing_of_an_answer() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let preflight = [("origin", "http://localhost:3000"), ("access-control-request-method", "POST")];
    for answer in [
        server.get("/").await.expect(200),
        server.get("/health/live").await.expect(200),
        server.get("/metrics").await.expect(200),
        server.get("/openapi.json").await.expect(200),
        server.get("/nowhere").await.expect(404),
        server.get("/docs/no-such-file.js").await.expect(404),
        server.get("/docs/%ff").await.expect(400),
        server.get("/api/projects/%ff").await.expect(400),
        server.post("/api/projects", json!({"name": "n"})).await.expect(201),
        server.put("/api/projects", json!({})).await.expect(405),
        server.delete(&format!("/api/projects/{id}")).await.expect(204),
        server.call(Method::HEAD, "/api/projects", &[], Value::Null).await.expect(200),
        server.call(Method::OPTIONS, "/api/projects", &preflight, Value::Null).await.expect(200),
    ] {
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'",
            "{answer:?}"
        );
        guarded(&answer);
    }
}

#[track_caller]
fn guarded(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{answer:?}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{answer:?}");
    assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1, "{answer:?}");
}

#[tokio::test]
async fn the_documents_may_load_what_they_are_made_of() {
    let server = TestServer::start().await;
    for path in ["/docs", "/docs/index.html", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"] {
        let answer = server.get(path).await.expect(200);
        guarded(&answer);
        let policy = answer.header("content-security-policy");
        let directives: Vec<_> = policy.split(';').map(str::trim).collect();
        for directive in
            ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(directives.contains(&directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-eval"), "{path}: {policy}");
    }
    // No script stands in the page: the policy would not let it run.
    let page = server.get("/docs").await;
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    for script in html.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains("src="), "{tag}");
        assert_eq!(rest.split("</script>").next().unwrap().trim(), "", "{tag}");
    }
    assert!(!html.contains(" onload=") && !html.contains("<style"), "{html}");
}

#[tokio::test]
async fn no_cache_keeps_data() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    server.store(&id, "error", "k", json!(1)).await.expect(201);
    let item = format!("/api/projects/{id}/memory/error/k");
    let tag = server.get(&item).await.header("etag").to_owned();
    let unchanged = get(&server, &item, ("if-none-match", &tag)).await.expect(304);
    assert_eq!(unchanged.header("etag"), tag);
    for answer in [
        unchanged,
        server.get(&item).await.expect(200),
        server.get("/api/projects").await.expect(200),
        server.get("/api/projects/none").await.expect(404),
        server.call(Method::HEAD, &item, &[], Value::Null).await.expect(200),
        server.delete(&item).await.expect(204),
        server.get("/api/health").await.expect(200),
    ] {
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        assert_eq!(answer.headers.get_all("cache-control").iter().count(), 1, "{answer:?}");
    }
}
