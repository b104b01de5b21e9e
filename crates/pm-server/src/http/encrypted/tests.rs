//! Over a pipe in memory and with the clock of Tokio paused: the time limits are exact, and nothing waits for them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use pm_testbed::Certificates;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::super::connection::drive;
use super::super::crowd::Crowd;
use super::*;
use crate::tls::{Encryption, Files};

/// A client's end of a connection, its server, and the token that shuts the server down.
struct Connection {
    client: DuplexStream,
    server: JoinHandle<Ended>,
    shutdown: CancellationToken,
    connector: TlsConnector,
    since: Instant,
}

/// What a server encrypts with, and what a client that trusts it connects with.
pub(in crate::http) fn both_sides() -> (Encryption, TlsConnector) {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::make(folder.path());
    let encryption = Encryption::open(Files { certificate: made.server, key: made.key }).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_file(made.authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (encryption, TlsConnector::from(Arc::new(config)))
}

fn connect() -> Connection {
    let (encryption, connector) = both_sides();
    let (client, server) = duplex(16 * 1024);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/big", get(|| async { vec![b'x'; 1 << 20] }))
        .route("/middling", get(|| async { vec![b'x'; 40 * 1024] }));
    let server = tokio::spawn(async move {
        let (limits, crowd) = (Limits::default(), Arc::new(Crowd::new(8)));
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 7));
        match handshake(server, encryption.acceptor(), &limits, &stop).await {
            Ok(stream) => drive(stream, peer, app, limits, crowd, stop).await,
            Err(ended) => ended,
        }
    });
    Connection { client, server, shutdown, connector, since: Instant::now() }
}

type Client = tokio_rustls::client::TlsStream<DuplexStream>;

impl Connection {
    /// Ends the handshake; the client, and what is left.
    async fn encrypted(self) -> (Client, JoinHandle<Ended>, CancellationToken) {
        let name = ServerName::try_from("localhost").unwrap();
        let client = self.connector.connect(name, self.client).await.unwrap();
        (client, self.server, self.shutdown)
    }

    /// Waits for the server to end the connection; answers how, and after how many seconds.
    async fn ended(self) -> (Ended, u64) {
        let ended = self.server.await.unwrap();
        (ended, self.since.elapsed().as_secs())
    }
}

async fn ask(client: &mut Client, path: &str) {
    client.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
    client.flush().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_begins_is_cut() {
    assert!(matches!(connect().ended().await, (Ended::Cut(Overdue::Handshake), 15)));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_trickles_is_cut() {
    let mut connection = connect();
    // A record of 512 bytes that holds the first part of a greeting.
    let mut hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    hello.resize(200, 0);
    for byte in hello {
        if connection.client.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert!(matches!(connection.server.await.unwrap(), Ended::Cut(Overdue::Handshake)));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_tls_ends_its_connection_at_once() {
    for bytes in
        [&b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..], &[0; 1000], &[0xff; 1000], b"\x16\x03\x01\xff\xff"]
    {
        let mut connection = connect();
        connection.client.write_all(bytes).await.unwrap();
        assert!(matches!(connection.ended().await, (Ended::NotEncrypted(_), 0)), "{bytes:?}");
    }
    let mut connection = connect();
    connection.client.write_all(b"\x16\x03\x01").await.unwrap();
    connection.client.shutdown().await.unwrap();
    assert!(matches!(connection.ended().await, (Ended::NotEncrypted(_), 0)), "it breaks off");
}

#[tokio::test(start_paused = true)]
async fn after_the_handshake_the_limits_are_those_of_a_bare_connection() {
    let (mut client, server, _) = connect().encrypted().await;
    let since = Instant::now();
    ask(&mut client, "/").await;
    assert!(matches!(server.await.unwrap(), Ended::Cut(Overdue::Idle)));
    assert_eq!(since.elapsed().as_secs(), 75);

    let (_client, server, _) = connect().encrypted().await;
    let since = Instant::now();
    assert!(matches!(server.await.unwrap(), Ended::Cut(Overdue::Head)));
    assert_eq!(since.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut() {
    // The smaller one is taken whole into the buffers of the encryption.
    for path in ["/big", "/middling"] {
        let (mut client, server, _) = connect().encrypted().await;
        let since = Instant::now();
        ask(&mut client, path).await;
        assert!(matches!(server.await.unwrap(), Ended::Cut(Overdue::Write)), "{path}");
        assert_eq!(since.elapsed().as_secs(), 30, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn on_shutdown_what_is_idle_is_closed_in_order_and_what_has_not_begun_soon() {
    let (mut client, server, shutdown) = connect().encrypted().await;
    ask(&mut client, "/").await;
    let mut answer = [0; 15];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    shutdown.cancel();
    let mut rest = String::new();
    // An end without a word of the server would be an error here.
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("hello"), "{rest}");
    assert!(matches!(server.await.unwrap(), Ended::Closed));

    let connection = connect();
    connection.shutdown.cancel();
    assert!(matches!(connection.ended().await, (Ended::Cut(Overdue::Handshake), 0)));
    let connection = connect();
    connection.shutdown.cancel();
    let (mut client, server, _) = connection.encrypted().await;
    ask(&mut client, "/").await;
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("connection: close") && matches!(server.await.unwrap(), Ended::Closed), "{rest}");
}
