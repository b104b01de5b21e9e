//! Multipart bodies, which no route takes: they are refused for what they are, before anything looks into them.

use axum::body::Body;
use http::Request;

use super::Verdicts;
use crate::documents::{Document, Stage};

const PART: &str = "--x\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nn\r\n--x--\r\n";

/// Types of bodies, each with a body.
fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let part = || PART.as_bytes().to_vec();
    vec![
        ("a form of parts", "multipart/form-data; boundary=x", part()),
        ("a boundary in quotes", "multipart/form-data; boundary=\"x\"", part()),
        ("no boundary", "multipart/form-data", part()),
        ("an empty boundary", "multipart/form-data; boundary=", part()),
        ("two boundaries", "multipart/form-data; boundary=x; boundary=y", part()),
        ("a boundary of 100 characters", LONG, part()),
        ("upper case", "MULTIPART/FORM-DATA; BOUNDARY=x", part()),
        ("spaces", " multipart/form-data ;boundary=x ", part()),
        ("a charset", "multipart/form-data; charset=utf-8; boundary=x", part()),
        ("mixed parts", "multipart/mixed; boundary=x", part()),
        ("related parts", "multipart/related; boundary=x; type=\"application/json\"", part()),
        ("alternative parts", "multipart/alternative; boundary=x", part()),
        ("byte ranges", "multipart/byteranges; boundary=x", part()),
        ("parts that claim to be JSON", "multipart/form-data+json; boundary=x", b"{\"name\":\"n\"}".to_vec()),
        (
            "JSON behind the type of parts",
            "multipart/form-data; boundary=application/json",
            br#"{"name":"n"}"#.to_vec(),
        ),
        ("two types", "multipart/form-data; boundary=x, application/json", br#"{"name":"n"}"#.to_vec()),
        ("nothing", "multipart/form-data; boundary=x", Vec::new()),
        ("a part that never ends", "multipart/form-data; boundary=x", b"--x\r\n\r\n".to_vec()),
        ("a part with a file", "multipart/form-data; boundary=x", FILE.as_bytes().to_vec()),
        (
            "1,000 parts",
            "multipart/form-data; boundary=x",
            PART.replace("--x--\r\n", "").repeat(1_000).into(),
        ),
        (
            "100,000 bytes of head",
            "multipart/form-data; boundary=x",
            format!("--x\r\na: {}", "b".repeat(100_000)).into(),
        ),
        (
            "parts that are not UTF-8",
            "multipart/form-data; boundary=x",
            b"--x\r\n\r\n\xff\0\r\n--x--".to_vec(),
        ),
    ]
}

const LONG: &str = concat!(
    "multipart/form-data; boundary=",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
);
const FILE: &str = "--x\r\ncontent-disposition: form-data; name=\"f\"; filename=\"../../etc/passwd\"\r\ncontent-type: application/json\r\n\r\n{\"name\":\"n\"}\r\n--x--\r\n";

#[tokio::test]
async fn every_route_with_a_body_refuses_them() {
    let document = Document::read();
    let stage = Stage::set().await;
    let before = stage.server.get("/api/projects").await.expect(200).body;
    let (name, credential) = stage.credential();
    let has_body = |declared: &serde_json::Value| declared.get("requestBody").is_some();
    let operations = document.operations();
    let with_body: Vec<_> = operations.iter().filter(|operation| has_body(operation.declared)).collect();
    assert!(with_body.len() >= 12, "{}", with_body.len());
    for operation in with_body {
        let mut verdicts = Verdicts::default();
        for (case, sort, body) in bodies() {
            let request = Request::builder()
                .method(operation.method.as_str())
                .uri(stage.target(operation))
                .header("content-type", sort)
                .header(name, credential);
            let answer = stage.server.send(request.body(Body::from(body)).unwrap()).await;
            let case = format!("{}: {case}", operation.name());
            verdicts.problem(&case, answer, 415, "unsupported_media_type");
        }
        verdicts.hold();
    }
    assert_eq!(stage.server.get("/api/projects").await.expect(200).body, before, "nothing was stored");
}
