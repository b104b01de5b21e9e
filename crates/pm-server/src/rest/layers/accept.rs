//! `Accept`: answers under `/api` are JSON, and who takes none is told so.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::ACCEPT;

use crate::rest::problem::{Code, Problem};

/// Answers 406 to a client that does not take JSON.
pub async fn check(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") && path != "/api/metrics" && !takes_json(request.headers()) {
        let detail = "answers are application/json: accept that, or */*";
        return Problem::new(Code::NotAcceptable, detail).into_response();
    }
    next.run(request).await
}

/// RFC 9110, section 12.5.1: a range with a quality of 0 is refused; no header takes everything.
fn takes_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    let taken = ranges.any(|list| {
        list.split(',').map(str::trim).filter(|range| !range.is_empty()).any(|range| {
            any = true;
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            let json = matches!(media.as_str(), "*/*" | "application/*" | "application/json");
            (json || media == super::super::problem::MEDIA_TYPE) && !refused
        })
    });
    taken || !any
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_taken_unless_it_is_left_out_or_refused() {
        let takes = |accept: &'static str| {
            takes_json(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert!(takes_json(&HeaderMap::new()));
        for yes in [
            "*/*",
            "",
            "text/html, */*;q=0.8",
            "application/json; charset=utf-8",
            "application/*",
            "APPLICATION/JSON",
        ] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["text/html", "application/xml, text/*", "application/json;q=0", "*/*; q=0"] {
            assert!(!takes(no), "{no}");
        }
    }
}
