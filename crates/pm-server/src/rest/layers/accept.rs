//! `Accept`: answers under `/api` (but health and metrics) are JSON, and who takes none is told so.

use axum::extract::Request;
use http::HeaderMap;
use http::header::ACCEPT;

use crate::rest::problem::{Code, MEDIA_TYPE, Problem};

/// The answer to a client that does not take JSON: 406.
pub fn refusal(request: &Request) -> Option<Problem> {
    let path = request.uri().path();
    let data = path.starts_with("/api/") && path != "/api/metrics" && !path.starts_with("/api/health");
    let refused = data && !takes_json(request.headers());
    refused.then(|| Problem::new(Code::NotAcceptable, "answers are application/json: accept that, or */*"))
}

/// RFC 9110, section 12.5.1: of the ranges that mean JSON the most specific decides, and a quality of 0 refuses; no
/// range at all takes everything.
fn takes_json(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = lists.flat_map(|list| list.split(',')).map(str::trim).filter(|range| !range.is_empty());
    let mut any = false;
    let meant = ranges.inspect(|_| any = true).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let specific = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "*/*" => 0,
            "application/*" => 1,
            "application/json" => 2,
            problem if problem == MEDIA_TYPE => 2,
            _ => return None,
        };
        let refused = parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        Some((specific, !refused))
    });
    // Among equals, one that takes it is enough.
    let decides = meant.max();
    decides.map_or(!any, |(_, taken)| taken)
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
        for no in [
            "text/html",
            "application/xml, text/*",
            "application/json;q=0",
            "*/*; q=0",
            "application/json;q=0, */*",
        ] {
            assert!(!takes(no), "{no}");
        }
    }
}
