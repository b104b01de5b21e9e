//! What is in PEM files. Faults say what is wrong and the way out, and nothing of what a file holds.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};

use super::provider;

/// More than any chain of certificates has; what is larger was named by mistake.
const MOST_BYTES: u64 = 1 << 20;

/// How each of the two ways to write an encrypted key begins, or goes on.
const ENCRYPTED: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];

/// The certificates in a file, at least one, in their order; or what is wrong and what to do.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = found.map_err(|_| "it is broken PEM; name a file that is whole")?;
    if chain.is_empty() {
        return Err(
            "it has no certificate in it; name a PEM file with one (-----BEGIN CERTIFICATE-----)".to_owned()
        );
    }
    if chain.iter().any(|certificate| ParsedCertificate::try_from(certificate).is_err()) {
        return Err("it has a certificate in it that cannot be read; name a file of X.509 certificates, \
                    version 3, in PEM"
            .to_owned());
    }
    Ok(chain)
}

/// The first private key in a file; or what is wrong and what to do.
pub fn private_key(path: &Path) -> Result<Arc<dyn SigningKey>, String> {
    let bytes = read(path)?;
    let is_encrypted = || ENCRYPTED.iter().any(|mark| bytes.windows(mark.len()).any(|part| part == *mark));
    let key = match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(key) => key,
        Err(_) if is_encrypted() => {
            return Err(
                "its key is encrypted, and nobody is there to ask for the passphrase; take that off with \
                        `openssl pkey -in FILE -out NEW` and let nobody but the server read the new file"
                    .to_owned(),
            );
        }
        Err(_) => {
            return Err(
                "it has no private key in it; name a PEM file with one (-----BEGIN PRIVATE KEY-----)"
                    .to_owned(),
            );
        }
    };
    provider().key_provider.load_private_key(key).map_err(|_| {
        "its key is of a kind that is not known here; make one of ECDSA (P-256 or P-384), Ed25519, or RSA with 2048 \
         bits or more"
            .to_owned()
    })
}

/// Certificates with the key of the first of them; or that it is the key of another.
pub fn fit(
    certificates: Vec<CertificateDer<'static>>,
    key: Arc<dyn SigningKey>,
) -> Result<CertifiedKey, &'static str> {
    let pair = CertifiedKey::new(certificates, key);
    pair.keys_match().map_err(|_| {
        "is not the key of the certificate in TLS_CERT; name the one that belongs to it, and see that the server's own \
         certificate is the first in its file"
    })?;
    Ok(pair)
}

/// The bytes of a file. Never waits, as it would for the other end of a pipe.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error| format!("it cannot be read ({error}); name a PEM file that the server may read");
    let found = std::fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() || found.len() > MOST_BYTES {
        return Err("it is no file of PEM; name a regular file of at most 1 MiB".to_owned());
    }
    std::fs::read(path).map_err(unreadable)
}
