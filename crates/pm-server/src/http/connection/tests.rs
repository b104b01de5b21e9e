//! Over a pipe in memory and with the clock of Tokio paused: the time limits are exact, and nothing waits for them.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::*;

impl Socket for DuplexStream {
    fn forget_unsent(&self) {}
}

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

fn app() -> Router {
    Router::new()
        .route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { format!("hello {peer}") }))
        .route("/big", get(|| async { vec![b'x'; 1 << 20] }))
        .route("/echo", post(|body: String| async move { body }))
        .route("/refused", post(|| async { StatusCode::PAYLOAD_TOO_LARGE }))
        .route(
            "/after/{seconds}",
            get(|Path(seconds): Path<u64>| async move { sleep(Duration::from_secs(seconds)).await }),
        )
}

/// A client's end of a connection, its server, and the token that shuts the server down.
struct Connection {
    client: DuplexStream,
    server: JoinHandle<Ended>,
    shutdown: CancellationToken,
    since: Instant,
}

fn connect() -> Connection {
    let (client, server) = duplex(16 * 1024);
    let shutdown = CancellationToken::new();
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 7));
    let crowd = Arc::new(Crowd::new(8));
    let server = tokio::spawn(drive(server, peer, app(), Limits::default(), crowd, shutdown.clone()));
    Connection { client, server, shutdown, since: Instant::now() }
}

impl Connection {
    async fn send(&mut self, bytes: &[u8]) {
        self.client.write_all(bytes).await.unwrap();
    }

    /// Reads up to and with `end`.
    async fn read_to(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            text.push(char::from(self.client.read_u8().await.expect("the connection stays open")));
        }
        text
    }

    async fn read_hello(&mut self) {
        assert!(self.read_to("hello 127.0.0.1:7").await.starts_with("HTTP/1.1 200 OK\r\n"));
    }

    async fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.client.read_to_string(&mut rest).await.unwrap();
        rest
    }

    /// Waits for the server to end the connection; answers how, and after how many seconds.
    async fn ended(self) -> (Ended, u64) {
        let ended = self.server.await.unwrap();
        (ended, self.since.elapsed().as_secs())
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_asks_is_cut() {
    assert!(matches!(connect().ended().await, (Ended::Cut(Overdue::Head), 15)));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_is_cut() {
    let mut connection = connect();
    sleep(Duration::from_secs(10)).await;
    for byte in b"GET / HTTP/1.1\r\n" {
        if connection.client.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(connection.rest().await, "");
    assert!(matches!(connection.server.await.unwrap(), Ended::Cut(Overdue::Head)));
}

#[tokio::test(start_paused = true)]
async fn a_later_head_has_its_own_time_from_its_first_byte() {
    let mut connection = connect();
    connection.send(HELLO).await;
    connection.read_hello().await;
    sleep(Duration::from_secs(74)).await;
    connection.send(&HELLO[..5]).await;
    sleep(Duration::from_secs(14)).await;
    connection.send(&HELLO[5..]).await;
    connection.read_hello().await;
    connection.send(&HELLO[..5]).await;
    assert!(matches!(connection.ended().await, (Ended::Cut(Overdue::Head), 103)));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_its_time() {
    let mut connection = connect();
    for _ in 0..3 {
        connection.send(HELLO).await;
        connection.read_hello().await;
    }
    assert!(matches!(connection.ended().await, (Ended::Cut(Overdue::Idle), 75)));
}

#[tokio::test(start_paused = true)]
async fn a_request_may_take_longer_to_answer_than_a_connection_may_be_idle() {
    let mut connection = connect();
    connection.send(b"GET /after/200 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(connection.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(matches!(connection.ended().await, (Ended::Cut(Overdue::Idle), 275)));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut() {
    let mut connection = connect();
    connection.send(b"GET /big HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(matches!((&mut connection.server).await.unwrap(), Ended::Cut(Overdue::Write)));
    assert_eq!(connection.since.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_gets_the_whole_answer() {
    let mut connection = connect();
    connection.send(b"GET /big HTTP/1.1\r\nhost: a\r\n\r\n").await;
    connection.read_to("\r\n\r\n").await;
    let mut left = 1 << 20;
    let mut buffer = [0; 16 * 1024];
    while left > 0 {
        sleep(Duration::from_secs(29)).await;
        let most = buffer.len().min(left);
        let read = connection.client.read(&mut buffer[..most]).await.unwrap();
        assert!(read > 0, "{left} bytes are missing");
        left -= read;
    }
    connection.send(HELLO).await;
    connection.read_hello().await;
}

#[tokio::test(start_paused = true)]
async fn pipelined_requests_are_answered_in_order() {
    let mut connection = connect();
    let echo = |body: &str| {
        format!("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let all = [echo("one"), echo("two"), echo("three")].concat();
    connection.send(all.as_bytes()).await;
    for body in ["\r\n\r\none", "\r\n\r\ntwo", "\r\n\r\nthree"] {
        assert!(connection.read_to(body).await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_closed_its_side_gets_its_answer() {
    let mut connection = connect();
    connection.send(b"GET /after/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    connection.client.shutdown().await.unwrap();
    assert!(connection.rest().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(matches!(connection.ended().await, (Ended::Closed, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_long_head_is_read_and_a_longer_one_refused() {
    let head = |bytes| format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(bytes));
    let mut connection = connect();
    connection.send(head(32 * 1024).as_bytes()).await;
    connection.read_hello().await;

    let (mut reader, mut writer) = tokio::io::split(connect().client);
    let sender = tokio::spawn(async move { writer.write_all(head(200 * 1024).as_bytes()).await.is_ok() });
    let mut answer = String::new();
    reader.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(sender.await.unwrap(), "what is left of the head is read, so that the answer arrives");
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_body_that_is_not_read_arrives() {
    let connection = connect();
    let (mut reader, mut writer) = tokio::io::split(connection.client);
    writer.write_all(b"POST /refused HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n").await.unwrap();
    writer.write_all(&vec![b'x'; 500_000]).await.unwrap();
    let mut answer = String::new();
    reader.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // The client never sends the rest, and does not hang up either.
    assert!(matches!(connection.server.await.unwrap(), Ended::Cut(Overdue::Linger)));
    assert_eq!(connection.since.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn on_shutdown_an_idle_connection_is_closed_at_once() {
    let mut connection = connect();
    connection.send(HELLO).await;
    connection.read_hello().await;
    connection.shutdown.cancel();
    assert!(matches!(connection.ended().await, (Ended::Closed, 0)));
}

#[tokio::test(start_paused = true)]
async fn on_shutdown_what_has_begun_is_answered() {
    let mut busy = connect();
    busy.send(b"GET /after/60 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut begun = connect();
    begun.send(HELLO).await;
    begun.read_hello().await;
    begun.send(&HELLO[..5]).await;
    let mut fresh = connect();
    sleep(Duration::from_millis(50)).await;
    for connection in [&busy, &begun, &fresh] {
        connection.shutdown.cancel();
    }
    fresh.send(HELLO).await;
    begun.send(&HELLO[5..]).await;
    for mut connection in [busy, begun, fresh] {
        let answer = connection.rest().await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("connection: close"),
            "{answer}"
        );
        assert!(matches!(connection.ended().await.0, Ended::Closed));
    }
}

#[tokio::test(start_paused = true)]
async fn on_shutdown_a_new_connection_is_not_waited_for_long() {
    let connection = connect();
    sleep(Duration::from_millis(50)).await;
    connection.shutdown.cancel();
    assert!(matches!(connection.ended().await, (Ended::Closed, 0)));
}

#[tokio::test(start_paused = true)]
async fn who_waits_longest_with_a_body_gives_way() {
    let crowd = Arc::new(Crowd::new(1));
    let connect = || {
        let (client, server) = duplex(1024);
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 7));
        let ending = drive(server, peer, app(), Limits::default(), crowd.clone(), CancellationToken::new());
        (client, tokio::spawn(ending))
    };
    let begin = b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na";
    let (mut first, first_ended) = connect();
    first.write_all(begin).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let (mut second, _second_ended) = connect();
    second.write_all(begin).await.unwrap();
    assert!(matches!(first_ended.await.unwrap(), Ended::Cut(Overdue::Crowd)));
    second.write_all(b"b").await.unwrap();
    let mut answer = [0; 15];
    second.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_rests_is_read_on() {
    let mut connection = connect();
    for part in ["GET / HT", "TP/1.1\r\nhost: a\r\n", "\r", "\n"] {
        connection.send(part.as_bytes()).await;
        sleep(Duration::from_secs(2)).await;
    }
    connection.read_hello().await;
    sleep(Duration::from_mins(1)).await;
    connection.send(HELLO).await;
    connection.read_hello().await;
}
