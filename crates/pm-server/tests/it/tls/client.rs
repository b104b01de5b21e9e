//! A client that speaks TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use pm_testbed::Certificates;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, DEFAULT_VERSIONS, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::process::PATIENCE;

/// A client that trusts one authority, and remembers its sessions.
pub struct Trusting(ClientConfig);

impl Trusting {
    pub fn new(made: &Certificates) -> Self {
        Self::with_versions(made, DEFAULT_VERSIONS)
    }

    pub fn with_versions(made: &Certificates, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&made.authority).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self(config)
    }

    /// Offers this protocol alone.
    pub fn offer(&mut self, protocol: &[u8]) {
        self.0.alpn_protocols = vec![protocol.to_vec()];
    }

    pub async fn connect(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::from(address.ip());
        let connected = TlsConnector::from(Arc::new(self.0.clone())).connect(name, stream);
        timeout(PATIENCE, connected).await.expect("the handshake does not end")
    }
}

/// Asks for `path`; the head of the answer and its body.
pub async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> io::Result<String> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await?;
    stream.flush().await?;
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\n") {
        answer.push(char::from(timeout(PATIENCE, stream.read_u8()).await.expect("no answer")?));
    }
    let length = answer.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).await?;
    Ok(answer + &String::from_utf8_lossy(&body))
}
