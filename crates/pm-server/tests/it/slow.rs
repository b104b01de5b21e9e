//! Clients that are slow, broken or hostile below HTTP: over bare connections.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::TestServer;
use crate::harness::process::{PATIENCE, Process};

async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// What comes until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is not closed").unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Sends all of `bytes`, then reads all that comes.
pub async fn exchange(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = connect(server.address()).await;
    stream.write_all(bytes).await.unwrap();
    // Some answers close before all is taken.
    let _ = stream.shutdown().await;
    rest(&mut stream).await
}

/// The statuses of the answers in `text`.
pub fn statuses(text: &str) -> Vec<u16> {
    text.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}

pub fn head(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n")
}

fn post(headers: &str) -> String {
    head("POST", "/api/projects", &format!("content-type: application/json\r\n{headers}"))
}

fn post_of(length: impl std::fmt::Display) -> String {
    post(&format!("content-length: {length}\r\n"))
}

async fn names(server: &TestServer) -> Vec<Value> {
    let listed = server.get("/api/projects?sort=created_at").await.expect(200).json();
    listed.as_array().unwrap().iter().map(|project| project["name"].clone()).collect()
}

#[tokio::test]
async fn requests_come_in_pieces_of_any_size() {
    let server = TestServer::start().await;
    let body = json!({"name": "piece by piece: é語😀"}).to_string();
    let whole =
        format!("{}{body}", post(&format!("connection: close\r\ncontent-length: {}\r\n", body.len())));
    let mut chunked = post("connection: close\r\ntransfer-encoding: chunked\r\n").into_bytes();
    for byte in body.as_bytes() {
        chunked.extend([b"1\r\n", &[*byte][..], b"\r\n"].concat());
    }
    chunked.extend(b"0\r\n\r\n");
    for bytes in [whole.into_bytes(), chunked] {
        let mut stream = connect(server.address()).await;
        for byte in bytes {
            stream.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        let answer = rest(&mut stream).await;
        assert_eq!(statuses(&answer), [201], "{answer}");
    }
    assert_eq!(names(&server).await, ["piece by piece: é語😀"; 2]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_it_is_sent_or_not() {
    let server = TestServer::with(&[("MAX_BODY_BYTES", "65536")]).await;
    let mut stream = connect(server.address()).await;
    let expecting = "expect: 100-continue\r\n";
    stream.write_all(post(&format!("{expecting}content-length: 65537\r\n")).as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert_eq!(statuses(&answer), [413], "nothing asks for the body: {answer}");
    assert!(answer.contains("\"code\":\"payload_too_large\""), "{answer}");

    let mut stream = connect(server.address()).await;
    let close = "connection: close\r\n";
    stream.write_all(post(&format!("{expecting}{close}content-length: 12\r\n")).as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    timeout(PATIENCE, stream.read_exact(&mut go_on)).await.unwrap().unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{\"name\":\"n\"}").await.unwrap();
    assert_eq!(statuses(&rest(&mut stream).await), [201]);

    // Who announces too much and sends nothing is told all the same.
    let mut stream = connect(server.address()).await;
    stream.write_all(post(&format!("{close}content-length: 65537\r\n")).as_bytes()).await.unwrap();
    assert_eq!(statuses(&timeout(PATIENCE, rest(&mut stream)).await.unwrap()), [413]);

    // A naive client sends all of it before it reads, and goes on with the next request.
    let size = 16 << 20;
    let mut bytes = post_of(size).into_bytes();
    bytes.resize(bytes.len() + size, b'x');
    bytes.extend(head("GET", "/health", close).into_bytes());
    let answer = exchange(&server, &bytes).await;
    assert_eq!(statuses(&answer), [413, 200], "{answer}");

    let mut bytes = post("transfer-encoding: chunked\r\n").into_bytes();
    for _ in 0..1024 {
        bytes.extend(b"400\r\n");
        bytes.resize(bytes.len() + 1024, b' ');
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes.extend(head("GET", "/health", close).into_bytes());
    let answer = exchange(&server, &bytes).await;
    assert_eq!(statuses(&answer), [413, 200], "{answer}");
    assert_eq!(names(&server).await, ["n"]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_stored() {
    let server = TestServer::start().await;
    // What has come is whole JSON, and yet not all that was announced.
    let body = "{\"name\":\"n\"}";
    for head in [post_of(13), post_of(1_000_000)] {
        let answer = exchange(&server, format!("{head}{body}").as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [400]), "{answer}");
    }
    let chunks = [format!("c\r\n{body}\r\n"), format!("d\r\n{body}"), format!("c\r\n{body}\r\n0\r\n")];
    for chunk in
        chunks.iter().chain([&"c\r\n{\"name\":\"n\"}x\r\n0\r\n\r\n".to_owned(), &"-1\r\n".to_owned()])
    {
        let request = format!("{}{chunk}", post("transfer-encoding: chunked\r\n"));
        let answer = exchange(&server, request.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [400]), "{chunk:?}: {answer}");
    }
    for _ in 0..50 {
        let mut stream = connect(server.address()).await;
        stream.write_all(format!("{}{body}", post_of(13)).as_bytes()).await.unwrap();
        drop(stream);
    }
    assert!(names(&server).await.is_empty());
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = TestServer::start().await;
    let requests = (0..50).flat_map(|n| {
        let body = format!("{{\"name\":\"{n:02}\"}}");
        [post_of(body.len()), body, head("GET", &format!("/none/{n}"), "")]
    });
    let bytes: String = requests.chain([head("GET", "/health/live", "connection: close\r\n")]).collect();
    let answer = exchange(&server, bytes.as_bytes()).await;
    assert_eq!(statuses(&answer), [[201, 404].repeat(50), vec![200]].concat());
    assert_eq!(names(&server).await, (0..50).map(|n| format!("{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn heads_that_are_wrong_or_too_large_are_refused_and_the_server_lives() {
    let server = TestServer::start().await;
    let long = "x".repeat(200_000);
    let get = |path: &str, headers: &str| head("GET", path, headers).into_bytes();
    let refused: [(Vec<u8>, &[u16]); 23] = [
        (get("/", &format!("x-long: {long}\r\n")), &[431]),
        (get("/", &"x: y\r\n".repeat(1000)), &[431]),
        (get(&format!("/{long}"), ""), &[414, 431]),
        (get("/", "content-length: 99999999999999999999999\r\n"), &[400]),
        (get("/", "content-length: 18446744073709551615\r\n"), &[400, 431]),
        (get("/", "content-length: -1\r\n"), &[400]),
        (get("/", "content-length: +1\r\n"), &[400]),
        (get("/", "content-length: 1\r\ncontent-length: 2\r\n"), &[400]),
        (get("/", "content-length: 0x10\r\n"), &[400]),
        (get("/", "transfer-encoding: gzip\r\n"), &[400]),
        (get("/", "transfer-encoding: chunked, identity\r\n"), &[400]),
        (get("/", "no colon\r\n"), &[400]),
        (get("/", "a b: c\r\n"), &[400]),
        (get("/", "a: \0\r\n"), &[400]),
        (get("/", " folded: line\r\n"), &[400]),
        (b"NONSENSE\r\n\r\n".to_vec(), &[400]),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), &[400, 505]),
        (b"GET\r\n\r\n".to_vec(), &[400]),
        (b"GET /a b HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), &[400]),
        (b"GET /\xc3\n HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), &[400]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[400]),
        // Who begins with HTTP/2 would not understand an answer.
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[]),
        (vec![0; 100_000], &[400, 431]),
    ];
    for (bytes, wanted) in refused {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let answer = exchange(&server, &bytes).await;
        let found = statuses(&answer);
        let right = found.len() == wanted.len().min(1) && found.iter().all(|status| wanted.contains(status));
        assert!(right, "{shown:?}: {answer}");
        server.get("/health").await.expect(200);
    }
}

#[tokio::test]
async fn odd_requests_are_answered_all_the_same() {
    let server = TestServer::start().await;
    for (bytes, wanted) in [
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), &[200][..]),
        ("GET /health HTTP/1.0\r\nconnection: keep-alive\r\n\r\n".repeat(2), &[200, 200]),
        (head("GET", "/health", "content-length: 18446744073709551613\r\n"), &[200]),
        (head("GET", "/health", "content-length: 9223372036854775807\r\n"), &[200]),
        (format!("{}xyz", head("DELETE", "/api/projects", "content-length: 3\r\n")), &[405]),
        (format!("\r\n{}", head("GET", "/health", "")), &[200]),
        (head("GET", "http://elsewhere.example/health", ""), &[200]),
        (head("OPTIONS", "*", ""), &[200]),
        (head("BREW", "/health", ""), &[405]),
        (head("HEAD", "/health", ""), &[200]),
        (post_of(18_446_744_073_709_551_613_u64), &[413]),
    ] {
        let answer = exchange(&server, bytes.as_bytes()).await;
        assert_eq!(statuses(&answer), wanted, "{bytes}{answer}");
    }
    let answer = exchange(&server, head("CONNECT", "a:1", "").as_bytes()).await;
    assert!(statuses(&answer).iter().all(|status| (400..500).contains(status)), "{answer}");
    assert!(names(&server).await.is_empty());
}

#[tokio::test]
async fn five_hundred_connections_at_once_are_all_served() {
    let folder = tempfile::tempdir().unwrap();
    // A process of its own: both ends of so many connections in one would be many files.
    let server = Process::start(folder.path(), &[]).await;
    let mut streams = Vec::new();
    for _ in 0..500 {
        streams.push(connect(server.address()).await);
    }
    for (n, stream) in streams.iter_mut().enumerate() {
        let body = format!("{{\"name\":\"{n}\"}}");
        let request = post(&format!("connection: close\r\ncontent-length: {}\r\n", body.len()));
        stream.write_all(format!("{request}{body}").as_bytes()).await.unwrap();
    }
    for stream in &mut streams {
        assert_eq!(statuses(&rest(stream).await), [201]);
    }
    let listed = server.get("/api/projects?limit=1").await.expect(200);
    assert_eq!(listed.header("x-total-count"), "500");
    server.stop().await;
}
