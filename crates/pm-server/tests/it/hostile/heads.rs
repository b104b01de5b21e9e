//! Heads of requests, byte by byte: one answer for one request, and none for what is smuggled behind it.

use serde_json::json;

use super::Verdicts;
use crate::harness::TestServer;
use crate::slow::{exchange, head, statuses};

/// Follows what may be taken for the end of a request; whoever answers it was fooled.
const SMUGGLED: &str = "POST /api/projects HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 19\r\n\r\n{\"name\":\"smuggled\"}";

fn get(headers: &str) -> Vec<u8> {
    head("GET", "/health/live", headers).into_bytes()
}

fn line(line: &str) -> Vec<u8> {
    format!("{line}\r\nhost: a\r\n\r\n").into_bytes()
}

/// A write whose length is said in these headers, with this behind its head.
fn framed(headers: &str, rest: &str) -> Vec<u8> {
    let headers = format!("content-type: application/json\r\n{headers}");
    format!("{}{rest}", head("POST", "/api/projects", &headers)).into_bytes()
}

fn request_lines() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    vec![
        ("empty lines alone", b"\r\n\r\n\r\n".to_vec(), &[]),
        ("a method alone", b"GET\r\n\r\n".to_vec(), &[400]),
        ("no method", line(" /health/live HTTP/1.1"), &[400]),
        ("no target", line("GET  HTTP/1.1"), &[400]),
        ("HTTP/0.9", b"GET /health/live\r\n".to_vec(), &[400]),
        ("HTTP/1.2", line("GET /health/live HTTP/1.2"), &[400]),
        ("HTTP/2.0 in words", line("GET /health/live HTTP/2.0"), &[400]),
        ("http in small letters", line("GET /health/live http/1.1"), &[400]),
        ("a version with a sign", line("GET /health/live HTTP/+1.1"), &[400]),
        ("something after the version", line("GET /health/live HTTP/1.1 x"), &[400]),
        ("two targets", line("GET /health /live HTTP/1.1"), &[400]),
        ("a tab between", line("GET\t/health/live\tHTTP/1.1"), &[400]),
        ("an unknown method", line("BREW /health/live HTTP/1.1"), &[405]),
        ("a method in small letters", line("get /health/live HTTP/1.1"), &[405]),
        ("a method with odd characters", line("G(T /health/live HTTP/1.1"), &[400]),
        ("a method that is not ASCII", line("GÉT /health/live HTTP/1.1"), &[400]),
        ("a method of 10,000 letters", line(&format!("{} / HTTP/1.1", "A".repeat(10_000))), &[405]),
        ("a NUL in the target", line("GET /health\0/live HTTP/1.1"), &[400]),
        ("a line break in the target", line("GET /health\n/live HTTP/1.1"), &[400]),
        ("a lone CR in the target", line("GET /health\r/live HTTP/1.1"), &[400]),
        ("a fragment", line("GET /health/live#x HTTP/1.1"), &[200]),
        ("a relative target", line("GET health/live HTTP/1.1"), &[400]),
        ("absolute form", line("GET http://b/health/live HTTP/1.1"), &[200]),
        ("absolute form of another kind", line("GET ftp://b/none HTTP/1.1"), &[404]),
        ("absolute form with a user", line("GET http://u:p@b/none HTTP/1.1"), &[404]),
        ("absolute form with no host", line("GET http:///none HTTP/1.1"), &[400]),
        ("authority form", line("GET b:80 HTTP/1.1"), &[404]),
        ("CONNECT", line("CONNECT b:80 HTTP/1.1"), &[404]),
        ("an asterisk", line("GET * HTTP/1.1"), &[404]),
        ("TRACE", line("TRACE /health/live HTTP/1.1"), &[405]),
        ("a target of 60,000 characters", line(&format!("GET /{} HTTP/1.1", "a".repeat(60_000))), &[404]),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(), &[]),
        ("a TLS hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n".to_vec(), &[400]),
        ("an SSH hello", b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec(), &[400]),
        ("the PROXY protocol", [b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".to_vec(), get("")].concat(), &[400]),
        ("a Redis command", b"*1\r\n$4\r\nPING\r\n".to_vec(), &[400]),
        ("random bytes", (0..=255).rev().cycle().take(5_000).collect(), &[400]),
        ("64 KiB of empty lines", b"\r\n".repeat(32 * 1024), &[431]),
    ]
}

fn headers() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    vec![
        ("bare line feeds", b"GET /health/live HTTP/1.1\nhost: a\n\n".to_vec(), &[200]),
        ("lone CRs", b"GET /health/live HTTP/1.1\rhost: a\r\r".to_vec(), &[400]),
        ("a lone CR in a value", get("x: a\rb: c\r\n"), &[400]),
        ("a NUL in a value", get("x: a\0b\r\n"), &[400]),
        ("a NUL in a name", get("x\0y: a\r\n"), &[400]),
        ("an escape in a value", get("x: \x1b[31m\r\n"), &[400]),
        ("bytes above ASCII in a value", get("x: é\r\n"), &[200]),
        ("a name that is not ASCII", get("é: x\r\n"), &[400]),
        ("no name", get(": x\r\n"), &[400]),
        ("no colon", get("x\r\n"), &[400]),
        ("a space before the colon", get("x : y\r\n"), &[400]),
        ("a space before the colon of a length", get("content-length : 5\r\n"), &[400]),
        ("a tab before the colon", get("x\t: y\r\n"), &[400]),
        ("a folded line", get("x: a\r\n b\r\n"), &[400]),
        ("a line folded by a tab", get("x: a\r\n\tb\r\n"), &[400]),
        ("a folded first line", head("GET", "/health/live", "").replacen("host", " host", 1).into(), &[400]),
        ("a quoted name", get("\"x\": y\r\n"), &[400]),
        ("99 headers", get(&"x: y\r\n".repeat(99)), &[200]),
        ("1,000 headers", get(&"x: y\r\n".repeat(1_000)), &[431]),
        ("a value of 200,000 bytes", get(&format!("x: {}\r\n", "y".repeat(200_000))), &[431]),
        ("a name of 70,000 bytes", get(&format!("{}: y\r\n", "x".repeat(70_000))), &[431]),
        ("two hosts", get("host: b\r\n"), &[200]),
        ("a head that breaks off", b"GET /health/live HTTP/1.1\r\nhost: a\r\nx".to_vec(), &[]),
        ("a head without its last line", b"GET /health/live HTTP/1.1\r\nhost: a\r\n".to_vec(), &[]),
        ("an upgrade to WebSocket", get("connection: upgrade\r\nupgrade: websocket\r\n"), &[200]),
        ("an upgrade to HTTP/2", get("connection: upgrade, http2-settings\r\nupgrade: h2c\r\n"), &[200]),
        ("an expectation of another kind", get("expect: 200-maybe\r\n"), &[200]),
    ]
}

/// What is behind each would be read as a request of its own by whoever takes the length otherwise.
fn lengths() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let smuggled = |headers: &str, before: &str| framed(headers, &format!("{before}{SMUGGLED}"));
    let chunked = "transfer-encoding: chunked\r\n";
    let long = format!("{}\r\n", "f".repeat(17));
    vec![
        ("two lengths", smuggled("content-length: 0\r\ncontent-length: 5\r\n", ""), &[400]),
        ("two lengths in one line", smuggled("content-length: 0, 5\r\n", ""), &[400]),
        ("a negative length", smuggled("content-length: -1\r\n", ""), &[400]),
        ("a length with a sign", smuggled("content-length: +0\r\n", ""), &[400]),
        ("a length with a point", smuggled("content-length: 0.0\r\n", ""), &[400]),
        ("a hexadecimal length", smuggled("content-length: 0x0\r\n", ""), &[400]),
        ("an empty length", smuggled("content-length: \r\n", ""), &[400]),
        ("a length in other digits", smuggled("content-length: ٠\r\n", ""), &[400]),
        ("a length of 65 bits", smuggled("content-length: 18446744073709551616\r\n", ""), &[400]),
        ("a length of 100 digits", smuggled(&format!("content-length: {}\r\n", "9".repeat(100)), ""), &[400]),
        ("a length with spaces inside", smuggled("content-length: 0 0\r\n", ""), &[400]),
        ("length and chunks", smuggled(&format!("content-length: 5\r\n{chunked}"), "0\r\n\r\n"), &[400]),
        ("chunks and length", smuggled(&format!("{chunked}content-length: 5\r\n"), "0\r\n\r\n"), &[400]),
        ("a coding that is unknown", smuggled("transfer-encoding: xchunked\r\n", "0\r\n\r\n"), &[400]),
        (
            "chunks that are not the last",
            smuggled("transfer-encoding: chunked, gzip\r\n", "0\r\n\r\n"),
            &[400],
        ),
        ("an empty coding", smuggled("transfer-encoding: \r\n", "0\r\n\r\n"), &[400]),
        ("a coding with a vertical tab", smuggled("transfer-encoding: \x0bchunked\r\n", "0\r\n\r\n"), &[400]),
        ("a coding in quotes", smuggled("transfer-encoding: \"chunked\"\r\n", "0\r\n\r\n"), &[400]),
        (
            "a coding of HTTP/1.0",
            String::from_utf8(smuggled(chunked, "0\r\n\r\n")).unwrap().replacen("1.1", "1.0", 1).into(),
            &[400],
        ),
        ("a chunk of no number", smuggled(chunked, "x\r\n"), &[400]),
        ("a chunk of negative size", smuggled(chunked, "-1\r\n"), &[400]),
        ("a chunk with a prefix", smuggled(chunked, "0x0\r\n\r\n"), &[400]),
        ("a chunk of 68 bits", smuggled(chunked, &long), &[400]),
        ("a chunk that is longer than it says", smuggled(chunked, "1\r\nab\r\n0\r\n\r\n"), &[400]),
        ("a chunk of an empty size", smuggled(chunked, "\r\n0\r\n\r\n"), &[400]),
        ("a chunk that ends in a line feed", smuggled(chunked, "0\n\n"), &[400]),
        (
            "a chunk with 100,000 bytes of extensions",
            smuggled(chunked, &format!("0;{}\r\n\r\n", "x".repeat(100_000))),
            &[400],
        ),
    ]
}

async fn check(cases: Vec<(&'static str, Vec<u8>, &'static [u16])>) {
    let server = TestServer::start().await;
    let mut verdicts = Verdicts::default();
    for (case, bytes, wanted) in cases {
        let answer = exchange(&server, &bytes).await;
        verdicts.note(case, &statuses(&answer).as_slice(), &wanted);
        // A refusal is a problem, or has no body: what `hyper` refuses never reaches us.
        for refused in answer.split("HTTP/1.").skip(1).filter(|text| text.get(2..3) == Some("4")) {
            let (head, body) = refused.split_once("\r\n\r\n").unwrap();
            let problem = head.contains("content-type: application/problem+json");
            assert!(problem || body.is_empty(), "{case}: {answer}");
        }
    }
    assert_eq!(server.get("/api/projects").await.expect(200).json(), json!([]), "nothing was smuggled in");
    server.project("the server lives").await;
    verdicts.hold();
}

#[tokio::test]
async fn request_lines_that_are_wrong() {
    check(request_lines()).await;
}

#[tokio::test]
async fn a_target_that_is_longer_than_a_head_may_be() {
    let server = TestServer::start().await;
    let answer = exchange(&server, &line(&format!("GET /{} HTTP/1.1", "a".repeat(100_000)))).await;
    // Which of both it is depends on how much of it comes at a time.
    assert!(matches!(statuses(&answer)[..], [414 | 431]), "{answer}");
}

#[tokio::test]
async fn headers_that_are_wrong() {
    check(headers()).await;
}

#[tokio::test]
async fn lengths_that_two_readers_take_in_two_ways() {
    check(lengths()).await;
}

#[tokio::test]
async fn what_is_smuggled_would_be_seen() {
    let server = TestServer::start().await;
    let answer = exchange(&server, &framed("content-length: 0\r\n", SMUGGLED)).await;
    assert_eq!(statuses(&answer), [400, 201], "the first has no body, the second is a request: {answer}");
}
