//! One call, from the body to the vectors.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request, Response, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::Connector;
use super::fault::{Fault, told};
use super::options::{HttpOptions, OpenError};
use super::{answer, refusal};

/// The most bytes of an answer: several times what the largest call can ask for.
const ANSWER: usize = 64 * 1024 * 1024;
/// The most bytes that are read of an answer without vectors.
const REFUSAL: usize = 64 * 1024;
/// How long a connection is kept that nobody uses. Many servers close theirs after a minute.
const IDLE: Duration = Duration::from_secs(45);
/// How many of these are kept.
const IDLE_CONNECTIONS: usize = 8;

/// The server's `/v1/embeddings`.
pub(super) struct Endpoint {
    client: Client<Connector, Full<Bytes>>,
    uri: Uri,
    headers: HeaderMap,
    /// The key, to be taken out of what the server says.
    key: Option<String>,
    timeout: Duration,
}

impl Endpoint {
    pub(super) fn new(options: &HttpOptions) -> Result<Self, OpenError> {
        let uri = embeddings(&options.url)?;
        let encrypted = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(Connector::new(encrypted)?);
        let json = HeaderValue::from_static("application/json");
        let agent = HeaderValue::from_static(concat!("ai-pm/", env!("CARGO_PKG_VERSION")));
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, json.clone()), (ACCEPT, json), (USER_AGENT, agent)]);
        let key = options.api_key.as_ref().map(|key| key.0.clone());
        if let Some(key) = &key {
            let mut bearer = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| OpenError::Key)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        Ok(Self { client, uri, headers, key, timeout: options.timeout })
    }

    /// The vectors of the `texts` texts in `body`, in their order.
    pub(super) async fn call(&self, body: Bytes, texts: usize) -> Result<Vec<Vec<f32>>, Fault> {
        let answered = tokio::time::timeout(self.timeout, self.answered(body, texts)).await;
        let late = |_| Fault::passing(format!("no answer within {:?}", self.timeout));
        answered.map_err(late).flatten().map_err(|fault| self.placed(fault))
    }

    async fn answered(&self, body: Bytes, texts: usize) -> Result<Vec<Vec<f32>>, Fault> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let broken = |error: hyper_util::client::legacy::Error| Fault::passing(told(&error)).from(error);
        let (head, body) = self.client.request(request).await.map_err(broken).map(Response::into_parts)?;
        if !head.status.is_success() {
            // What the server says of it is worth having, and not worth failing for.
            let body = read(body, REFUSAL).await.unwrap_or_default();
            return Err(refusal::fault(head.status, &head.headers, &body));
        }
        let body = read(body, ANSWER).await?;
        // Reading many numbers takes milliseconds: what else runs on this thread shall not wait for it.
        let read = tokio::task::spawn_blocking(move || answer::vectors(&body, texts)).await;
        read.map_err(|error| Fault::passing("the answer was not read").from(error))?.map_err(Fault::lasting)
    }

    /// The fault with the place that it happened at, and without the key.
    fn placed(&self, fault: Fault) -> Fault {
        let said = match self.key.as_deref().filter(|key| !key.is_empty()) {
            Some(key) => fault.what.replace(key, "[key]"),
            None => fault.what.clone(),
        };
        let server = self.uri.authority().map_or("", |authority| authority.as_str());
        Fault { what: format!("{server}: {said}"), ..fault }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, headers, timeout, .. } = self;
        f.debug_struct("Endpoint")
            .field("uri", uri)
            .field("headers", headers)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

/// The address to call under the one that was given.
fn embeddings(url: &Uri) -> Result<Uri, OpenError> {
    let scheme = url.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
    let scheme = scheme.ok_or(OpenError::Url("has neither http nor https as its scheme"))?;
    let authority = url.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    if authority.contains('@') {
        return Err(OpenError::Url("has a user or password, which is not sent"));
    }
    if url.query().is_some() {
        return Err(OpenError::Url("has a query"));
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path);
    let whole = format!("{scheme}://{authority}{path}/v1/embeddings");
    whole.parse().map_err(|_| OpenError::Url("is not the address of a server"))
}

/// A body of at most `most` bytes.
async fn read(body: Incoming, most: usize) -> Result<Bytes, Fault> {
    let long = || Fault::lasting(format!("the answer is longer than {} MiB", most / 1024 / 1024));
    // What is announced as too long is not read at all.
    if body.size_hint().lower() > most as u64 {
        return Err(long());
    }
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(long()),
        Err(error) => Err(Fault::passing(told(&*error)).from(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_completed() {
        for (given, whole) in [
            ("http://a:1", "http://a:1/v1/embeddings"),
            ("https://a/", "https://a/v1/embeddings"),
            ("http://[::1]:1/v1", "http://[::1]:1/v1/embeddings"),
            ("https://a/b/v1/", "https://a/b/v1/embeddings"),
        ] {
            assert_eq!(embeddings(&given.parse().unwrap()).unwrap(), whole);
        }
        for wrong in ["/a", "a:1", "ftp://a", "http://joe:pw@a", "http://a/?b=c"] {
            let error = embeddings(&wrong.parse().unwrap()).unwrap_err().to_string();
            assert!(error.starts_with("EMBEDDING_URL: has ") && !error.contains("pw"), "{error}");
        }
    }
}
