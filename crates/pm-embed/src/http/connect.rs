//! Connections to the server, plain or encrypted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower::Service;

/// How long it may take from looking up the name to the end of the handshake.
const WITHIN: Duration = Duration::from_secs(5);

/// What bytes go through.
pub(super) trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytestream for T {}

impl Connection for Box<dyn Bytestream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    tls: Option<TlsConnector>,
}

impl Connector {
    /// Encrypts where `tls`; whom it trusts then is built in.
    pub(super) fn new(tls: bool) -> Result<Self, rustls::Error> {
        let mut tcp = HttpConnector::new();
        // It would refuse https, which is encrypted here.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let tls = tls.then(encryption).transpose()?;
        Ok(Self { tcp, tls })
    }
}

fn encryption() -> Result<TlsConnector, rustls::Error> {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Bytestream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_ready(context).map_err(io::Error::other)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let tcp = self.tcp.call(uri);
        let tls = self.tls.clone();
        let connected = async move {
            let tcp = tcp.await.map_err(io::Error::other)?.into_inner();
            let stream: Box<dyn Bytestream> = match tls {
                None => Box::new(tcp),
                Some(tls) => {
                    let name = ServerName::try_from(host).map_err(io::Error::other)?;
                    Box::new(tls.connect(name, tcp).await?)
                }
            };
            Ok(TokioIo::new(stream))
        };
        Box::pin(async move {
            let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {WITHIN:?}"));
            tokio::time::timeout(WITHIN, connected).await.unwrap_or_else(|_| Err(late()))
        })
    }
}
