//! What connections are encrypted with, and how that is changed while there are some.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use tokio_rustls::TlsAcceptor;

use super::{pem, provider};

/// What is spoken over the encrypted connection.
const PROTOCOL: &[u8] = b"http/1.1";

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The server's certificate, and those between it and an authority that clients know, in PEM.
    pub certificate: PathBuf,
    /// The key of that certificate, in PEM.
    pub key: PathBuf,
}

/// Why a certificate and its key cannot be used. It says nothing of what the files hold.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file of the certificate is at fault.
    #[error("TLS_CERT {0:?}: {1}")]
    Certificate(PathBuf, String),
    /// The file of the key is at fault.
    #[error("TLS_KEY {0:?}: {1}")]
    Key(PathBuf, String),
    /// The two files are good and cannot be used together.
    #[error("TLS_KEY {0:?} {1}")]
    Pair(PathBuf, &'static str),
    /// TLS itself.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// What new connections are encrypted with.
#[derive(Debug)]
pub struct Encryption {
    files: Files,
    current: RwLock<Arc<ServerConfig>>,
}

impl Encryption {
    /// Encryption with what is in the files now.
    pub fn open(files: Files) -> Result<Self, Unusable> {
        let current = RwLock::new(read(&files)?);
        Ok(Self { files, current })
    }

    /// Where the certificate and its key are.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Reads the files anew, for connections that come from now on. Where they are at fault, all stays as it is. Blocks.
    pub fn reload(&self) -> Result<(), Unusable> {
        let read = read(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// What the next connection is encrypted with.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// All of it anew, so that no client goes on with a session that another certificate began.
fn read(files: &Files) -> Result<Arc<ServerConfig>, Unusable> {
    let Files { certificate, key } = files;
    let chain =
        pem::certificates(certificate).map_err(|what| Unusable::Certificate(certificate.clone(), what))?;
    let private = pem::private_key(key).map_err(|what| Unusable::Key(key.clone(), what))?;
    let pair = pem::fit(chain, private).map_err(|what| Unusable::Pair(key.clone(), what))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        // 1.2 and 1.3.
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}
