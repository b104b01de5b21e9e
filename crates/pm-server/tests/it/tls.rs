//! TLS, from outside: what is served, what is refused, and what is read anew.

mod client;
mod settings;

use std::path::Path;

use pm_testbed::Certificates;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use self::client::{Trusting, ask};
use crate::harness::TestServer;
use crate::harness::process::{Process, refused, run};

/// A folder with the files that a server is told of, `tls.pem` and `tls.key`.
struct Folder {
    folder: TempDir,
    made: Certificates,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Certificates::make(folder.path());
        std::fs::copy(&made.server, folder.path().join("tls.pem")).unwrap();
        std::fs::copy(&made.key, folder.path().join("tls.key")).unwrap();
        Self { folder, made }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    fn trusting(&self) -> Trusting {
        Trusting::new(&self.made)
    }

    async fn process(&self) -> Process {
        Process::start(self.path(), &[("TLS_CERT", "tls.pem"), ("TLS_KEY", "tls.key"), DEBUG]).await
    }
}

const DEBUG: (&str, &str) = ("LOG_LEVEL", "DEBUG");

#[tokio::test]
async fn requests_are_answered_over_both_versions_and_say_to_come_back_over_tls() {
    let folder = Folder::new();
    let settings = [("TLS_CERT", folder.file("tls.pem")), ("TLS_KEY", folder.file("tls.key"))];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = TestServer::with(&settings).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let client = Trusting::with_versions(&folder.made, &[version]);
        let mut stream = client.connect(server.address()).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        for (path, status) in [("/health", 200), ("/none", 404), ("/docs", 200), ("/api/projects", 200)] {
            let answer = ask(&mut stream, path).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{answer}");
        }
    }
    let mut other = folder.trusting();
    other.offer(b"h2");
    other.connect(server.address()).await.unwrap_err();
    // Another authority does not vouch for it.
    Folder::new().trusting().connect(server.address()).await.unwrap_err();
    server.stop().await;

    let bare = TestServer::start().await;
    for path in ["/health", "/none", "/docs"] {
        assert_eq!(bare.get(path).await.header("strict-transport-security"), "", "{path}");
    }
}

/// What the server says to `bytes`, until it closes.
async fn refusal(address: std::net::SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = Vec::new();
    // It closes with something unread, which the system may tell as a reset.
    let _ = stream.read_to_end(&mut said).await;
    said
}

#[tokio::test]
async fn what_is_no_tls_is_refused_and_disturbs_nobody() {
    let folder = Folder::new();
    let server = folder.process().await;
    let mut open = folder.trusting().connect(server.address()).await.unwrap();
    let begun: Vec<u8> = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 100]].concat();
    // Handshakes that neither go on nor break off.
    let mut stuck = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(&begun).await.unwrap();
        stuck.push(stream);
    }
    for bytes in [&b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n"[..], &[0; 5000], &[0xff; 5000]] {
        let said = refusal(server.address(), bytes).await;
        assert!(!String::from_utf8_lossy(&said).contains("HTTP/"), "{said:?}");
        // An alert, if anything.
        assert!(said.is_empty() || said[0] == 21, "{said:?}");
    }
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(&begun).await.unwrap();
        drop(stream);
    }
    assert!(ask(&mut open, "/health").await.unwrap().starts_with("HTTP/1.1 200 "));
    let mut new = folder.trusting().connect(server.address()).await.unwrap();
    assert!(ask(&mut new, "/health").await.unwrap().starts_with("HTTP/1.1 200 "));

    let lines = server.stop().await;
    let of_it: Vec<_> = lines.iter().filter(|line| line.contains("no TLS")).collect();
    assert!(of_it.len() >= 3 && of_it.iter().all(|line| line.contains("DEBUG")), "{lines:#?}");
    // What the store has to say is another matter.
    let loud = |line: &&String| {
        (line.contains("\"WARN\"") || line.contains("\"ERROR\"")) && !line.contains("pm_store")
    };
    assert_eq!(lines.iter().filter(loud).count(), 0, "{lines:#?}");
    drop(stuck);
}

#[tokio::test]
async fn a_hangup_has_the_files_read_anew_and_faulty_ones_change_nothing() {
    let (folder, renewed) = (Folder::new(), Folder::new());
    let mut server = folder.process().await;
    let mut open = folder.trusting().connect(server.address()).await.unwrap();
    assert!(ask(&mut open, "/health").await.unwrap().starts_with("HTTP/1.1 200 "));

    // The certificate has come and its key has not.
    std::fs::copy(&renewed.made.server, folder.path().join("tls.pem")).unwrap();
    server.signal("HUP").await;
    let line = server.logged(|line| line.contains("cannot be used")).await;
    assert!(line.contains("\"ERROR\"") && line.contains("TLS_KEY"), "{line}");
    folder.trusting().connect(server.address()).await.unwrap();

    std::fs::copy(&renewed.made.key, folder.path().join("tls.key")).unwrap();
    server.signal("HUP").await;
    let line = server.logged(|line| line.contains("read anew")).await;
    assert!(line.contains("\"INFO\"") && line.contains("tls.pem"), "{line}");
    folder.trusting().connect(server.address()).await.unwrap_err();
    let mut new = renewed.trusting().connect(server.address()).await.unwrap();
    assert!(ask(&mut new, "/health").await.unwrap().starts_with("HTTP/1.1 200 "));
    // Open connections go on.
    assert!(ask(&mut open, "/health").await.unwrap().starts_with("HTTP/1.1 200 "));

    std::fs::write(folder.path().join("tls.pem"), "hunter2").unwrap();
    server.signal("HUP").await;
    let line = server.logged(|line| line.contains("no certificate in it")).await;
    assert!(line.contains("\"ERROR\"") && line.contains("TLS_CERT"), "{line}");
    renewed.trusting().connect(server.address()).await.unwrap();
    let lines = server.stop().await;
    assert!(!lines.iter().any(|line| line.contains("hunter2")), "{lines:#?}");
    assert!(lines.last().unwrap().contains("\"cut\":0"), "{lines:#?}");
}

#[tokio::test]
async fn a_session_that_the_old_certificate_began_is_not_gone_on_with() {
    let (folder, renewed) = (Folder::new(), Folder::new());
    let mut server = folder.process().await;
    let client = folder.trusting();
    for kind in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let mut stream = client.connect(server.address()).await.unwrap();
        // What a later connection needs comes with the first answer.
        ask(&mut stream, "/health").await.unwrap();
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(kind));
    }
    for (from, to) in [(&renewed.made.server, "tls.pem"), (&renewed.made.key, "tls.key")] {
        std::fs::copy(from, folder.path().join(to)).unwrap();
    }
    server.signal("HUP").await;
    server.logged(|line| line.contains("read anew")).await;
    client.connect(server.address()).await.unwrap_err();
    server.stop().await;
}

#[tokio::test]
async fn without_tls_a_hangup_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::start(folder.path(), &[]).await;
    server.signal("HUP").await;
    let line = server.logged(|line| line.contains("SIGHUP")).await;
    assert!(line.contains("\"INFO\"") && line.contains("ignored"), "{line}");
    server.get("/health").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_signal_ends_it_as_it_does_without_tls() {
    let folder = Folder::new();
    let server = folder.process().await;
    let mut idle = folder.trusting().connect(server.address()).await.unwrap();
    ask(&mut idle, "/health").await.unwrap();
    let mut stuck = TcpStream::connect(server.address()).await.unwrap();
    stuck.write_all(b"\x16\x03\x01").await.unwrap();
    server.signal("TERM").await;
    // An end without a word of the server would be an error here.
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    let (status, lines) = server.ended(crate::harness::process::PATIENCE).await;
    assert_eq!(status.code(), Some(0));
    assert!(lines.last().unwrap().contains("\"cut\":0"), "{lines:#?}");
}

#[tokio::test]
async fn export_and_import_go_over_tls_to_servers_that_somebody_vouches_for() {
    let folder = Folder::new();
    let server = folder.process().await;
    let url = format!("https://{}", server.address());
    let line = r#"{"type": "error", "key": "k", "value": "marmalade"}"#;
    std::fs::write(folder.path().join("in.ndjson"), line).unwrap();
    let import = ["import", "in.ndjson", "--project", "p", "--server", &url];
    let trusted = run(folder.path(), &[], &[&import[..], &["--ca", "ca.pem"]].concat()).await.expect(0);
    let export = ["export", "--project", trusted.stdout.trim_end(), "--server", &url];
    let by_file = run(folder.path(), &[], &[&export[..], &["--ca", "ca.pem"]].concat()).await.expect(0);
    assert!(by_file.stdout.contains("marmalade"), "{by_file:?}");
    // The authorities of the system are those of this file.
    let ca = folder.made.authority.display().to_string();
    let by_system = run(folder.path(), &[("SSL_CERT_FILE", &ca)], &export).await.expect(0);
    assert_eq!(by_system.stdout, by_file.stdout);

    refused(folder.path(), &[], &export, 1, &[&url, "certificate", "--ca FILE"]).await;
    let other = Folder::new();
    let ca = other.made.authority.display().to_string();
    refused(folder.path(), &[], &[&export[..], &["--ca", &ca]].concat(), 1, &["certificate", "--ca"]).await;
    for (file, word) in [("none.pem", "cannot be read"), ("server.key", "no certificate in it")] {
        refused(folder.path(), &[], &[&export[..], &["--ca", file]].concat(), 2, &["--ca", file, word]).await;
    }
    let bare = url.replace("https", "http");
    let bare = ["export", "--project", trusted.stdout.trim_end(), "--server", &bare, "--ca", "ca.pem"];
    refused(folder.path(), &[], &bare, 2, &["--ca", "only with https"]).await;
    server.stop().await;
}
