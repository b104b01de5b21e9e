//! What handlers answer with: bodies, tags, locations, pages.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LINK, LOCATION};
use http::{StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pm_core::model::{Key, MemoryItem, MemoryType, Version, Versioned};
use pm_core::operations::{Listing, Stored};
use serde::Serialize;

use super::problem::Problem;

/// What a handler answers.
pub type Answer = Result<Response, Problem>;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
const EVICTED: HeaderName = HeaderName::from_static("x-evicted-key");
/// Clients take headers of a few KiB; a batch may evict far more keys than fit.
const EVICTED_BYTES: usize = 4096;

/// `value` as JSON under `status`.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let body = serde_json::to_vec(value).map_err(pm_core::Error::internal)?;
    Ok(written(status, body.into()))
}

/// JSON that is written already.
fn written(status: StatusCode, body: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body).into_response()
}

/// The same, with the version of what it shows.
pub fn tagged<T: Serialize>(status: StatusCode, version: Version, value: &T) -> Answer {
    let mut response = json(status, value)?;
    response.headers_mut().insert(ETAG, etag(version));
    Ok(response)
}

/// The same, with the place where it is to be found.
pub fn created<T: Serialize>(location: &str, version: Version, value: &T) -> Answer {
    let mut response = tagged(StatusCode::CREATED, version, value)?;
    response.headers_mut().insert(LOCATION, ascii(location));
    Ok(response)
}

/// Something new that has no version, with the place where it is to be found.
pub fn made<T: Serialize>(location: &str, value: &T) -> Answer {
    let mut response = json(StatusCode::CREATED, value)?;
    response.headers_mut().insert(LOCATION, ascii(location));
    Ok(response)
}

/// An item that was stored, new or in place of an older one.
pub fn stored(stored: &Stored) -> Answer {
    let Versioned { value: item, version } = &stored.item;
    let mut response = if stored.created {
        created(&item_location(item), *version, item)?
    } else {
        tagged(StatusCode::OK, *version, item)?
    };
    response.headers_mut().extend(evicted(&stored.evicted));
    Ok(response)
}

/// The client has it already.
pub fn not_modified(version: Version) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, etag(version))]).into_response()
}

/// A page of a list; `uri` is what asked for it.
pub fn page<T, E: Serialize>(uri: &Uri, listing: Listing<T>, entry: impl Fn(T) -> E) -> Answer {
    Ok(Page::new(uri, listing, entry)?.into_response())
}

/// A page of a list, ready to be answered.
#[derive(Clone, Debug)]
pub struct Page {
    body: Bytes,
    total: u64,
    next: Option<HeaderValue>,
}

impl Page {
    /// A page; `uri` is what asked for it.
    pub fn new<T, E: Serialize>(
        uri: &Uri,
        listing: Listing<T>,
        entry: impl Fn(T) -> E,
    ) -> Result<Self, Problem> {
        let next = listing.next.map(|cursor| ascii(&next_link(uri, &cursor)));
        let entries: Vec<E> = listing.entries.into_iter().map(entry).collect();
        let body = serde_json::to_vec(&entries).map_err(pm_core::Error::internal)?;
        Ok(Self { body: body.into(), total: listing.total, next })
    }

    /// Bytes of its body.
    pub fn size(&self) -> usize {
        self.body.len()
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = written(StatusCode::OK, self.body);
        response.headers_mut().insert(TOTAL, HeaderValue::from(self.total));
        if let Some(next) = self.next {
            response.headers_mut().insert(LINK, next);
        }
        response
    }
}

/// The header that names what made room for new items; empty where nothing did.
pub fn evicted(keys: &[(MemoryType, Key)]) -> HeaderMap {
    let mut text = String::new();
    for (_, key) in keys {
        let encoded = encode(key.as_str());
        if text.len() + encoded.len() + 1 > EVICTED_BYTES {
            break;
        }
        text.push_str(if text.is_empty() { "" } else { "," });
        text.push_str(&encoded);
    }
    if keys.is_empty() { HeaderMap::new() } else { HeaderMap::from_iter([(EVICTED, ascii(&text))]) }
}

fn item_location(item: &MemoryItem) -> String {
    let (project, sort, key) = (item.project_id, item.r#type.as_str(), encode(item.key.as_str()));
    format!("/api/projects/{project}/memory/{sort}/{key}")
}

fn etag(version: Version) -> HeaderValue {
    ascii(&format!("\"{}\"", version.0))
}

/// Relative, so that it holds whatever name the server is reached by.
fn next_link(uri: &Uri, cursor: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let kept = kept.filter(|pair| !pair.is_empty() && *pair != "cursor" && !pair.starts_with("cursor="));
    let query: Vec<_> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
