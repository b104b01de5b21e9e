//! Bodies that nobody means well with: a problem for each, and nothing stored.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use crate::harness::TestServer;

fn hostile(project: &str) -> Vec<(&'static str, Vec<u8>, u16)> {
    let with = |value: &str| {
        format!(r#"{{"project_id":"{project}","type":"context","key":"k","value":{value}}}"#).into_bytes()
    };
    let deep = |open: &str, close: &str, n: usize| with(&format!("{}1{}", open.repeat(n), close.repeat(n)));
    let mut not_utf8 = with(r#""x""#);
    let at = not_utf8.len() - 3;
    not_utf8[at] = 0xff;
    let mut truncated = with(r#""x""#);
    truncated.truncate(truncated.len() - 1);
    let mut overlong = with(r#""xx""#);
    let at = overlong.len() - 4;
    overlong[at..at + 2].copy_from_slice(&[0xc0, 0x80]);
    vec![
        ("nothing", Vec::new(), 400),
        ("a space", b" ".to_vec(), 400),
        ("truncated", truncated, 400),
        ("truncated in a string", br#"{"project_id":"abc"#.to_vec(), 400),
        ("truncated in an escape", br#"{"project_id":"\u00"#.to_vec(), 400),
        ("ends in a backslash", br#"{"project_id":"\"#.to_vec(), 400),
        ("no object", b"7".to_vec(), 422),
        ("an array", b"[]".to_vec(), 422),
        ("null", b"null".to_vec(), 422),
        ("two values", [with("1"), with("1")].concat(), 400),
        ("10,000 arrays deep", deep("[", "]", 10_000), 400),
        ("10,000 objects deep", deep(r#"{"a":"#, "}", 10_000), 400),
        ("10,000 arrays never closed", vec![b'['; 10_000], 400),
        ("a lone surrogate", with(r#""\ud800""#), 400),
        ("a lone low surrogate", with(r#""\udc00 x""#), 400),
        ("surrogates the wrong way round", with(r#""\udc00\ud800""#), 400),
        ("a lone surrogate as a field", with(r#"{"\ud800":1}"#), 400),
        ("an escaped NUL", with(r#""a\u0000b""#), 422),
        ("an escaped NUL as a field", with(r#"{"a\u0000b":1}"#), 422),
        ("a NUL", with("\"a\0b\""), 400),
        ("a raw line break", with("\"a\nb\""), 400),
        ("NaN", with("NaN"), 400),
        ("Infinity", with("Infinity"), 400),
        ("minus Infinity", with("-Infinity"), 400),
        ("a number too great", with("1e400"), 422),
        ("10,000 digits", with(&"9".repeat(10_000)), 422),
        ("10,000 decimals", with(&format!("0.{}", "1".repeat(10_000))), 422),
        ("an integer of 65 bits", with("36893488147419103232"), 422),
        ("a negative integer of 65 bits", with("-9223372036854775809"), 422),
        ("a leading zero", with("01"), 400),
        ("a plus sign", with("+1"), 400),
        ("a bare point", with("1."), 400),
        ("hexadecimal", with("0x10"), 400),
        ("a trailing comma", with("[1,]"), 400),
        ("a comment", with("1 /* one */"), 400),
        ("single quotes", with("'x'"), 400),
        ("a field twice", with(r#"1,"value":2"#), 422),
        ("a field twice, escaped", with(r#"1,"val\u0075e":2"#), 422),
        ("a field twice below", with(r#"{"a":[{"b":1,"b":1}]}"#), 422),
        ("not UTF-8", not_utf8, 400),
        ("overlong UTF-8", overlong, 400),
        ("a byte order mark", [b"\xef\xbb\xbf".to_vec(), with("1")].concat(), 400),
        ("UTF-16", r#"{"a":1}"#.encode_utf16().flat_map(u16::to_le_bytes).collect(), 400),
        ("a wrong type", with(r#"1,"ttl":"soon""#), 422),
        ("an array for a string", with(r#"1,"session_id":["s"]"#), 422),
        ("an unknown field", with(r#"1,"__proto__":{}"#), 422),
    ]
}

#[tokio::test]
async fn each_is_a_problem_and_nothing_is_stored() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    for (name, body, status) in hostile(&project) {
        let answer = server.post_bytes("/api/memory/store", body).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", String::from_utf8_lossy(&answer.body));
        let code = if status == 400 { "malformed_json" } else { "validation_error" };
        let problem = answer.problem(status, code);
        assert_eq!(problem.get("errors").is_some(), status == 422, "{name}: {problem}");
    }
    assert_eq!(server.count(&project).await, 0);
    server.store(&project, "context", "k", json!("the server lives")).await.expect(201);
}

#[tokio::test]
async fn faults_below_the_surface_are_named_by_their_path() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    for (value, field) in [
        (r#"{"a":[{"b":1,"b":1}]}"#, "value.a[0].b"),
        (r#"{"a":["x","\u0000"]}"#, "value.a[1]"),
        (r#"{"a":{"big":12345678901234567890123}}"#, "value.a.big"),
        (r#"[0,{"big":1e999}]"#, "value[1].big"),
    ] {
        let body = format!(r#"{{"project_id":"{project}","type":"context","key":"k","value":{value}}}"#);
        server.post_bytes("/api/memory/store", body).await.invalid(field);
    }
}

#[tokio::test]
async fn bodies_of_other_types_are_refused() {
    let server = TestServer::start().await;
    for (sort, taken) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("Application/JSON;charset=\"UTF-8\"", true),
        ("application/merge-patch+json", true),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("multipart/form-data; boundary=x", false),
        ("application/json; charset=latin1", false),
        ("", false),
    ] {
        let request =
            Request::post("/api/projects").header("content-type", sort).body(Body::from(r#"{"name":"n"}"#));
        let answer = server.send(request.unwrap()).await;
        if taken { drop(answer.expect(201)) } else { drop(answer.problem(415, "unsupported_media_type")) }
    }
    let request = Request::post("/api/projects").body(Body::from(r#"{"name":"n"}"#)).unwrap();
    server.send(request).await.problem(415, "unsupported_media_type");
    let packed = [("content-encoding", "gzip")];
    let packed = server.call(Method::POST, "/api/projects", &packed, json!({"name": "n"})).await;
    packed.problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn numbers_come_back_as_they_were() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    let path = format!("/api/projects/{project}/memory/context/k");
    for number in [
        "0",
        "-1",
        "18446744073709551615",
        "-9223372036854775808",
        "1.5",
        "0.1",
        "1e300",
        "5e-324",
        "123456.789",
    ] {
        let body = format!(r#"{{"project_id":"{project}","type":"context","key":"k","value":[{number}]}}"#);
        assert!(server.post_bytes("/api/memory/store", body).await.status.is_success());
        let read = server.get(&path).await.expect(200).json()["value"][0].clone();
        let sent: serde_json::Value = serde_json::from_str(number).unwrap();
        assert_eq!(read, sent, "{number}");
    }
}

#[tokio::test]
async fn odd_paths_are_problems_too() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    server.get("/nowhere").await.problem(404, "route_not_found");
    server.get("/api").await.problem(404, "route_not_found");
    server.get("/api/projects/%ff").await.problem(400, "malformed_request");
    server.get("/api/projects?search=%ff").await.problem(400, "malformed_request");
    server.get(&format!("/api/projects/{project}/memory/error/%00")).await.invalid("key");
    server.get(&format!("/api/projects/{project}/memory/error/{}", "k".repeat(513))).await.invalid("key");
    server.get(&format!("/api/projects/{project}/memory/bug/k")).await.invalid("type");
    let many = (0..100).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    server.get(&format!("/api/projects?{many}")).await.problem(400, "malformed_request");
    let answer = server.put("/api/projects", json!({})).await;
    assert!(answer.header("allow").contains("GET") && answer.header("allow").contains("POST"), "{answer:?}");
    answer.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_wherever_it_stands() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    server.store(&project, "context", "k", json!("v")).await.expect(201);
    let path = format!("/api/projects/{project}");
    for get in ["", "/memory", "/memory/count", "/memory/context/k", "/messages", "/context"] {
        server.get(&format!("{path}{get}?colour=red")).await.invalid("colour");
    }
    server.get(&format!("/api/memory/{project}/count?colour=red")).await.invalid("colour");
    let item = json!({"project_id": project, "type": "context", "key": "k2", "value": 1});
    server.post("/api/memory/store?colour=red", item).await.invalid("colour");
    server.put(&format!("{path}/memory/context/k?colour=red"), json!({"value": 2})).await.invalid("colour");
    server.patch(&format!("{path}?colour=red"), json!({"name": "q"})).await.invalid("colour");
    server.delete(&format!("{path}/memory/context/k?colour=red")).await.invalid("colour");
    server.delete(&format!("{path}?colour=red")).await.invalid("colour");
    assert_eq!(server.count(&project).await, 1);
    server.get("/health?probe=1").await.expect(200);
}

#[tokio::test]
async fn two_keys_for_one_write_are_refused() {
    let server = TestServer::start().await;
    let twice = [("idempotency-key", "a"), ("idempotency-key", "b")];
    server.call(Method::POST, "/api/projects", &twice, json!({"name": "n"})).await.invalid("Idempotency-Key");
    assert_eq!(server.get("/api/projects").await.expect(200).json(), json!([]));
}

#[tokio::test]
async fn a_body_that_would_take_far_more_than_its_bytes_is_refused() {
    let server = TestServer::start().await;
    // Each of these objects would take hundreds of bytes.
    let items = vec![r#"{"a":0}"#; 200_000].join(",");
    let body = format!(r#"{{"items":[{items}]}}"#);
    let answer = server.post_bytes("/api/memory/store/batch", body).await;
    answer.expect(413);
}
