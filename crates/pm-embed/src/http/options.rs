//! What the adapter is told.

use std::fmt;
use std::time::Duration;

use http::Uri;

/// Which server is asked, and for what.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Where the server is: `http` or `https`, and what stands before `/v1/embeddings`. A `/v1` at its end is taken as
    /// part of that.
    pub url: Uri,
    /// The model, as the server calls it.
    pub model: String,
    /// What the server knows the caller by.
    pub api_key: Option<ApiKey>,
    /// How long one call may take, from connecting to the last byte of the answer.
    pub timeout: Duration,
}

/// A key, sent as `Authorization: Bearer`. It never shows itself.
#[derive(Clone)]
pub struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[set]")
    }
}

/// Why the adapter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No server can be asked under the address.
    #[error("EMBEDDING_URL: {0}; give http://host:port or https://host")]
    Url(&'static str),
    /// The key cannot be sent.
    #[error("EMBEDDING_API_KEY: has characters that cannot be sent in a header; give printable ASCII")]
    Key,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}
