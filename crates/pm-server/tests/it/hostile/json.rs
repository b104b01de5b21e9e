//! Bodies that nobody means well with: a problem for each, and nothing stored.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use crate::documents::{Document, Stage};
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
async fn a_body_is_nothing_until_its_last_byte() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    let value = r#"{"a":[1.5e3,true,null,"é \" \ud83d\ude00"],"b":{}}"#;
    let body =
        format!(r#"{{"project_id":"{project}","type":"context","key":"k","value":{value}}}"#).into_bytes();
    for end in 0..body.len() {
        let answer = server.post_bytes("/api/memory/store", &body[..end]).await;
        answer.problem(400, "malformed_json");
        // No byte of UTF-8 is 0xff.
        let mut broken = body.clone();
        broken[end] = 0xff;
        server.post_bytes("/api/memory/store", broken).await.problem(400, "malformed_json");
    }
    assert_eq!(server.count(&project).await, 0);
    server.post_bytes("/api/memory/store", body).await.expect(201);
}

#[tokio::test]
async fn fields_that_are_there_twice_are_found_at_every_depth() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    for depth in [1, 2, 10, 60, 126] {
        let (open, close) = (r#"{"a":"#.repeat(depth - 1), "}".repeat(depth - 1));
        let value = format!(r#"{open}{{"b":1,"b":1}}{close}"#);
        let body = format!(r#"{{"project_id":"{project}","type":"context","key":"k","value":{value}}}"#);
        let field = format!("value{}.b", ".a".repeat(depth - 1));
        server.post_bytes("/api/memory/store", body).await.invalid(&field);
    }
    assert_eq!(server.count(&project).await, 0);
}

#[tokio::test]
async fn every_route_with_a_body_reads_it_as_strictly() {
    let document = Document::read();
    let stage = Stage::set().await;
    let credential = [stage.credential()];
    let before = stage.server.get("/api/projects").await.expect(200).body;
    let bodies: [&[u8]; 8] =
        [b"", b"{", b"nul", b"{} {}", b"\xff", b"\xef\xbb\xbf{}", br#"{"a":"\ud800"}"#, br#"{"a":NaN}"#];
    let mut asked = 0;
    for operation in document.operations().iter().filter(|operation| operation.body_schema().is_some()) {
        for body in bodies {
            let request = Request::builder()
                .method(operation.method.as_str())
                .uri(stage.target(operation))
                .header("content-type", "application/json")
                .header(credential[0].0, credential[0].1);
            let answer = stage.server.send(request.body(Body::from(body)).unwrap()).await;
            let shown = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, 400, "{} {body:?}: {shown}", operation.name());
            answer.problem(400, "malformed_json");
            asked += 1;
        }
    }
    assert!(asked >= 80, "{asked}");
    assert_eq!(stage.server.get("/api/projects").await.expect(200).body, before);
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
