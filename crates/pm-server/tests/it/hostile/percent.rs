//! Percent-encoding in paths and in query strings, as bytes on the connection: no client of ours tidies it up before.

use percent_encoding::percent_encode_byte;
use serde_json::{Value, json};

use super::Verdicts;
use crate::harness::TestServer;
use crate::slow::{exchange, head};

/// The status of the one answer to a target, and the code of its problem.
async fn ask(server: &TestServer, method: &str, target: &str) -> (u16, String) {
    let answer = exchange(server, head(method, target, "connection: close\r\n").as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{target}: {answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    (head[9..12].parse().unwrap(), problem["code"].as_str().unwrap_or_default().to_owned())
}

/// What stands for the key in `/memory/context/{key}`, where there is none of them.
fn keys() -> Vec<(&'static str, String, u16, &'static str)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("a percent sign at the end", text("a%"), 404, "memory_not_found"),
        ("a percent sign and one digit", text("a%2"), 404, "memory_not_found"),
        ("no hexadecimal digits", text("a%zz"), 404, "memory_not_found"),
        ("a digit and none", text("a%2g"), 404, "memory_not_found"),
        ("wide digits", text("a%u0041"), 404, "memory_not_found"),
        ("percent signs alone", text("%%%%"), 404, "memory_not_found"),
        ("encoded twice", text("%2541"), 404, "memory_not_found"),
        ("encoded three times", text("%252541"), 404, "memory_not_found"),
        ("a slash", text("%2F"), 404, "memory_not_found"),
        ("a slash in small letters", text("%2f"), 404, "memory_not_found"),
        ("slashes around", text("%2fa%2f"), 404, "memory_not_found"),
        ("a backslash", text("%5c"), 404, "memory_not_found"),
        ("a dot", text("%2e"), 404, "memory_not_found"),
        ("two dots", text("%2e%2e"), 404, "memory_not_found"),
        ("two dots in mixed case", text("%2E%2e"), 404, "memory_not_found"),
        ("the way up", text("%2e%2e%2f%2e%2e%2fetc"), 404, "memory_not_found"),
        ("bare dots", text(".."), 404, "memory_not_found"),
        ("bare way up", text("../../../projects"), 404, "route_not_found"),
        ("a question mark", text("%3fa=b"), 404, "memory_not_found"),
        ("a hash sign", text("%23a"), 404, "memory_not_found"),
        ("a plus sign", text("a+b"), 404, "memory_not_found"),
        ("a space", text("%20"), 404, "memory_not_found"),
        ("mixed case", text("%c3%A9"), 404, "memory_not_found"),
        ("a semicolon", text("a;b=c"), 404, "memory_not_found"),
        ("a NUL", text("%00"), 422, "validation_error"),
        ("a NUL behind text", text("a%00.json"), 422, "validation_error"),
        ("a line break", text("a%0d%0ax:%20y"), 422, "validation_error"),
        ("a delete character", text("%7f"), 422, "validation_error"),
        ("a control character of C1", text("%c2%85"), 422, "validation_error"),
        ("513 encoded bytes", "%61".repeat(513), 422, "validation_error"),
        ("20,000 encoded bytes", "%61".repeat(6_667), 422, "validation_error"),
        ("a byte that is not UTF-8", text("%ff"), 400, "malformed_request"),
        ("half a character", text("%c3"), 400, "malformed_request"),
        ("the other half", text("%a9"), 400, "malformed_request"),
        ("a half and text", text("%c3a"), 400, "malformed_request"),
        ("an overlong slash", text("%c0%af"), 400, "malformed_request"),
        ("an overlong NUL", text("%c0%80"), 400, "malformed_request"),
        ("an overlong dot of three bytes", text("%e0%80%ae"), 400, "malformed_request"),
        ("a surrogate", text("%ed%a0%80"), 400, "malformed_request"),
        ("a pair of surrogates", text("%ed%a0%bd%ed%b8%80"), 400, "malformed_request"),
        ("beyond the last character", text("%f4%90%80%80"), 400, "malformed_request"),
        ("five bytes", text("%f8%88%80%80%80"), 400, "malformed_request"),
        ("UTF-16", text("%fe%ff%00a"), 400, "malformed_request"),
    ]
}

#[tokio::test]
async fn in_paths() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    server.store(&project, "context", "A", json!(1)).await.expect(201);
    let mut verdicts = Verdicts::default();
    for (case, key, status, code) in keys() {
        let target = format!("/api/projects/{project}/memory/context/{key}");
        for method in ["GET", "DELETE"] {
            let found = ask(&server, method, &target).await;
            verdicts.note(&format!("{method}: {case}"), &found, &(status, code.to_owned()));
        }
    }
    for (case, target, status, code) in [
        ("an id of bytes that are not UTF-8", "/api/projects/%ff", 400, "malformed_request"),
        ("an id with a slash", "/api/projects/%2f", 404, "project_not_found"),
        ("an id with a NUL", "/api/projects/%00", 404, "project_not_found"),
        ("an encoded word of a route", "/api/%70rojects", 404, "route_not_found"),
        ("an encoded slash of a route", "/api%2fprojects", 404, "route_not_found"),
        ("a way up to a route", "/health/../api/projects", 404, "route_not_found"),
        ("an encoded way up to a route", "/health/%2e%2e/api/projects", 404, "route_not_found"),
        ("an encoded file of the documents", "/docs/%2e%2e%2fCargo.toml", 404, "route_not_found"),
        ("two slashes", "//api/projects", 404, "route_not_found"),
        ("a type with a slash", &format!("/api/projects/{project}/memory/a%2fb/k"), 422, "validation_error"),
    ] {
        verdicts.note(case, &ask(&server, "GET", target).await, &(status, code.to_owned()));
    }
    assert_eq!(server.count(&project).await, 1);
    assert_eq!(ask(&server, "GET", &format!("/api/projects/{project}/memory/context/%41")).await.0, 200);
    verdicts.hold();
}

#[tokio::test]
async fn what_is_encoded_is_the_same_text_and_no_other() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    let keys =
        ["a/b", "a%2Fb", "a+b", "a b", "..", "%", "é", "a?b", "a#b", "a&b=c", "{id}", "\\", "😀", "a%"];
    for (number, key) in keys.iter().enumerate() {
        server.store(&project, "context", key, json!(number)).await.expect(201);
    }
    for (number, key) in keys.iter().enumerate() {
        let encoded: String = key.bytes().map(percent_encode_byte).collect();
        for spelled in [encoded.clone(), encoded.to_lowercase()] {
            let item =
                server.get(&format!("/api/projects/{project}/memory/context/{spelled}")).await.expect(200);
            assert_eq!(
                (&item.json()["key"], &item.json()["value"]),
                (&json!(key), &json!(number)),
                "{spelled}"
            );
        }
    }
    assert_eq!(server.count(&project).await, keys.len() as u64);
}

#[tokio::test]
async fn in_query_strings() {
    let server = TestServer::start().await;
    server.project("a+b %41 é").await;
    let mut verdicts = Verdicts::default();
    let long = "%61".repeat(20_000);
    let many = "a=b&".repeat(65);
    for (case, query, status, code) in [
        ("a percent sign", "search=%", 200, ""),
        ("a percent sign and one digit", "search=%4", 200, ""),
        ("no hexadecimal digits", "search=%zz", 200, ""),
        ("encoded twice", "search=%2541", 200, ""),
        ("an encoded plus sign", "search=a%2bb", 200, ""),
        ("a plus sign", "search=a+b", 200, ""),
        ("an encoded equals sign", "search%3da", 422, "validation_error"),
        ("an encoded ampersand", "search=a%26limit=x", 200, ""),
        ("an encoded name", "%73earch=a", 200, ""),
        ("a name twice, once encoded", "search=a&%73earch=a", 422, "validation_error"),
        ("a name in upper case", "SEARCH=a", 422, "validation_error"),
        ("a name in brackets", "search[]=a", 422, "validation_error"),
        ("a value alone", "=a", 422, "validation_error"),
        ("separators alone", "&&&", 200, ""),
        ("a question mark more", "?search=a", 422, "validation_error"),
        ("a NUL", "search=%00", 422, "validation_error"),
        ("a NUL in a name", "sea%00rch=a", 422, "validation_error"),
        ("a byte that is not UTF-8", "search=%ff", 400, "malformed_request"),
        ("the same in a name", "%ff=a", 400, "malformed_request"),
        ("half a character", "search=%c3", 400, "malformed_request"),
        ("an overlong NUL", "search=%c0%80", 400, "malformed_request"),
        ("a surrogate", "search=%ed%a0%80", 400, "malformed_request"),
        ("beyond the last character", "search=%f4%90%80%80", 400, "malformed_request"),
        ("bare bytes above ASCII", "search=é", 200, ""),
        ("65 parameters", &many, 400, "malformed_request"),
        ("a number that is encoded", "limit=%31", 200, ""),
        ("a number with a space", "limit=+1", 422, "validation_error"),
        ("a number with a sign", "limit=%2b1", 422, "validation_error"),
        ("a negative number", "limit=-1", 422, "validation_error"),
        ("wide digits", "limit=%d9%a1", 422, "validation_error"),
        ("a number of 65 bits", "limit=18446744073709551617", 422, "validation_error"),
        ("60,000 encoded bytes", &format!("search={long}"), 200, ""),
    ] {
        let found = ask(&server, "GET", &format!("/api/projects?{query}")).await;
        verdicts.note(case, &found, &(status, code.to_owned()));
    }
    for (search, count) in [("a%2Bb", 1), ("%2541", 1), ("%c3%89", 1), ("a+b", 0), ("%41", 1), ("%2525", 0)] {
        let listed = server.get(&format!("/api/projects?search={search}")).await.expect(200).json();
        assert_eq!(listed.as_array().unwrap().len(), count, "{search}");
    }
    verdicts.hold();
}
