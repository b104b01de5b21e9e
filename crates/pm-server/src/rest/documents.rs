//! The OpenAPI document and Swagger UI, both served from the binary.

use std::io::Read;

use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, VARY,
};
use http::{HeaderValue, StatusCode};
use pm_core::Error;

use super::answer::Answer;
use super::problem::{Code, Problem};
use super::state::App;

/// What the page loads: its scripts and styles, images of its own and those that its styles hold, and what it asks of this
/// server. Its scripts set styles in place. Nothing of another host, and no script that stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/// Whether this server shows its documents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown(pub bool);

/// A file of the page.
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    /// Whether they are compressed (gzip), as they are sent to those who take that: nearly everybody.
    is_compressed: bool,
}

macro_rules! file {
    ($name:literal, $content_type:literal) => {
        file!($name, $content_type, "", false)
    };
    ($name:literal, $content_type:literal, gzip) => {
        file!($name, $content_type, ".gz", true)
    };
    ($name:literal, $content_type:literal, $ending:literal, $is_compressed:literal) => {
        File {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../assets/swagger-ui/", $name, $ending)),
            is_compressed: $is_compressed,
        }
    };
}

const PAGE: &str = "index.html";

static FILES: [File; 8] = [
    file!("index.html", "text/html; charset=utf-8"),
    file!("index.css", "text/css; charset=utf-8"),
    file!("favicon-16x16.png", "image/png"),
    file!("favicon-32x32.png", "image/png"),
    file!("swagger-initializer.js", "text/javascript; charset=utf-8"),
    file!("swagger-ui.css", "text/css; charset=utf-8", gzip),
    file!("swagger-ui-bundle.js", "text/javascript; charset=utf-8", gzip),
    file!("swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8", gzip),
];

/// The routes of the documents; `openapi` is the document.
pub fn routes(openapi: String) -> Router<App> {
    let openapi = Bytes::from(openapi);
    Router::new()
        .route("/openapi.json", get(|| async { ([(CONTENT_TYPE, "application/json")], openapi) }))
        .route("/docs", get(|headers: HeaderMap| async move { file(PAGE, &headers) }))
        .route(
            "/docs/{*file}",
            get(|Path(name): Path<String>, headers: HeaderMap| async move { file(&name, &headers) }),
        )
}

fn file(name: &str, request: &HeaderMap) -> Answer {
    let found = FILES.iter().find(|file| file.name == name);
    let found = found.ok_or_else(|| Problem::new(Code::RouteNotFound, "Swagger UI has no such file"))?;
    let headers = [(CONTENT_TYPE, found.content_type), (CONTENT_SECURITY_POLICY, POLICY)];
    if !found.is_compressed {
        return Ok((StatusCode::OK, headers, found.bytes).into_response());
    }
    let mut answer = if takes_gzip(request) {
        (StatusCode::OK, headers, [(CONTENT_ENCODING, "gzip")], found.bytes).into_response()
    } else {
        let mut plain = Vec::new();
        GzDecoder::new(found.bytes).read_to_end(&mut plain).map_err(Error::internal)?;
        (StatusCode::OK, headers, plain).into_response()
    };
    answer.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(answer)
}

/// Whether whoever asks says that gzip will do (RFC 9110, section 12.5.3).
fn takes_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.parse().is_ok_and(|q: f32| q <= 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}
