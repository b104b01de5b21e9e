//! Over the loopback interface: what only a real listener shows.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::connection::{Ended, drive};
use super::encrypted::tests::both_sides;
use super::*;

struct Server {
    address: SocketAddr,
    /// A request to `/slow` adds a permit here when it begins ...
    begun: Arc<Semaphore>,
    /// ... and ends when it gets one from here.
    may_end: Arc<Semaphore>,
    shutdown: CancellationToken,
    ended: JoinHandle<Drained>,
}

async fn start(limits: Limits) -> Server {
    let (begun, may_end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (begins, ends) = (Arc::clone(&begun), Arc::clone(&may_end));
    let slow = move || async move {
        begins.add_permits(1);
        ends.acquire().await.unwrap().forget();
        "slow"
    };
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/slow", get(slow))
        .route("/panic", get(|| async { [(); 0].into_iter().next().expect("a panic, as the test wants") }));
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let ended = tokio::spawn(serve(listener, app, None, limits, shutdown.clone()));
    Server { address, begun, may_end, shutdown, ended }
}

impl Server {
    async fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        send(&mut stream, path).await;
        stream
    }
}

async fn send(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
}

/// Reads up to and with `end`; short of it, what came before the connection ended.
async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        match stream.read_u8().await {
            Ok(byte) => text.push(char::from(byte)),
            Err(_) => break,
        }
    }
    text
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = start(Limits::default()).await;
    let mut stream = server.ask("/").await;
    for _ in 0..3 {
        assert!(read_to(&mut stream, "hello").await.starts_with("HTTP/1.1 200 OK\r\n"));
        send(&mut stream, "/").await;
    }
}

#[tokio::test]
async fn on_shutdown_idle_connections_close_and_requests_in_flight_are_answered() {
    let server = start(Limits { drain: Duration::from_mins(1), ..Limits::default() }).await;
    let mut slow = server.ask("/slow").await;
    server.begun.acquire().await.unwrap().forget();
    let mut idle = server.ask("/").await;
    read_to(&mut idle, "hello").await;

    server.shutdown.cancel();
    assert_eq!(read_to(&mut idle, "\0").await, "", "closed with nothing said");
    server.may_end.add_permits(1);
    let answer = read_to(&mut slow, "\0").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("slow"), "{answer}");
    assert_eq!(server.ended.await.unwrap(), Drained { cut: 0 });
    TcpStream::connect(server.address).await.unwrap_err();
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let server = start(Limits { drain: Duration::from_millis(1), ..Limits::default() }).await;
    let mut slow = server.ask("/slow").await;
    server.begun.acquire().await.unwrap().forget();
    server.shutdown.cancel();
    assert_eq!(server.ended.await.unwrap(), Drained { cut: 1 });
    assert_eq!(read_to(&mut slow, "\0").await, "");
}

#[tokio::test]
async fn a_panic_ends_its_own_connection_alone() {
    let server = start(Limits::default()).await;
    let mut panics = server.ask("/panic").await;
    assert_eq!(read_to(&mut panics, "\0").await, "");
    let mut stream = server.ask("/").await;
    assert!(read_to(&mut stream, "hello").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let server = start(Limits { max_connections: 1, ..Limits::default() }).await;
    let mut first = server.ask("/slow").await;
    server.begun.acquire().await.unwrap().forget();
    let mut second = server.ask("/slow").await;
    server.may_end.add_permits(1);
    assert!(read_to(&mut first, "slow").await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(server.begun.available_permits(), 0, "the second has not begun");
    drop(first);
    server.begun.acquire().await.unwrap().forget();
    server.may_end.add_permits(1);
    assert!(read_to(&mut second, "slow").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_handshake_holds_a_place() {
    let (encryption, connector) = both_sides();
    let encryption = Some(Arc::new(encryption));
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (limits, shutdown) = (Limits { max_connections: 1, ..Limits::default() }, CancellationToken::new());
    let ended = tokio::spawn(serve(listener, Router::new(), encryption, limits, shutdown.clone()));
    let encrypted = async || {
        let stream = TcpStream::connect(address).await.unwrap();
        connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
    };
    // An alert ends its handshake, and the place is free.
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(b"\x15\x03\x01\x00\x02\x02\x28").await.unwrap();
    drop(encrypted().await.unwrap());

    // What has connected before a shutdown is accepted, if there is a place for it.
    drop(encrypted().await.unwrap());
    let stuck = TcpStream::connect(address).await.unwrap();
    let waiting = tokio::spawn(TcpStream::connect(address)).await.unwrap().unwrap();
    shutdown.cancel();
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, waiting).await.unwrap_err();
    assert_eq!(ended.await.unwrap(), Drained { cut: 0 });
    drop(stuck);
}

#[tokio::test]
async fn what_a_client_does_not_take_is_not_kept_for_it() {
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    send(&mut client, "/").await;
    let (stream, peer) = listener.accept().await.unwrap();
    // More than the buffers of the system hold.
    let app = Router::new().route("/", get(|| async { vec![0; 64 << 20] }));
    let limits = Limits { write: Duration::from_millis(10), ..Limits::default() };
    let ended =
        drive(stream, peer, app, limits, Arc::new(crowd::Crowd::new(8)), CancellationToken::new()).await;
    assert!(matches!(ended, Ended::Cut(_)), "{ended:?}");
    let error = client.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = bind("localhost", 0).await.unwrap().local_addr().unwrap();
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = bind("127.0.0.1", port).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
    assert!(taken.ip().is_loopback());
    let error = bind("::ffff:192.0.2.1", 1).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot listen on [::ffff:192.0.2.1]:1: "), "{error}");
}
