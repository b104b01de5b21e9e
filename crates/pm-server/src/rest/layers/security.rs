//! What browsers are told about every answer: nothing here is a page to be shown, framed or guessed at.

use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

const ALWAYS: [(HeaderName, &str); 3] =
    [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "no-referrer"), (X_FRAME_OPTIONS, "DENY")];
/// For all but the pages of the documents, which have one of their own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// For a year, browsers come back over TLS alone. Sent over TLS only: elsewhere they do not heed it.
const ENCRYPTED: &str = "max-age=31536000";

/// Adds to the headers of the answer to a request for `path`, that came over a connection that was encrypted or not.
pub fn add(path: &str, encrypted: bool, headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if encrypted {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ENCRYPTED));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    // No cache may keep what one caller was shown; clients compare by `ETag`.
    if path.starts_with("/api/") {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}
