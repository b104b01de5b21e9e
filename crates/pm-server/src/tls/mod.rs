//! The certificate of the server and its key: read from PEM files, held to fit each other, and read anew while it runs.

mod encryption;
mod pem;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

pub use self::encryption::{Encryption, Files, Unusable};
pub use self::pem::{certificates, fit, private_key};

/// What the arithmetic is done by.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

#[cfg(test)]
mod tests;
