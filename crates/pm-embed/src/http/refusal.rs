//! What an answer means that has no vectors.

use std::time::Duration;

use http::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use http::{StatusCode, Uri};
use serde_json::Value;

use super::fault::{Fault, words};

/// What servers say in a 500 where the text is what is wrong; llama.cpp is one of them.
const TOO_LONG: [&str; 4] = ["too large to process", "context length", "context size", "input is too l"];

/// The fault that an answer stands for.
pub(super) fn fault(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
    let message = message(body);
    let said = if message.is_empty() { status.to_string() } else { format!("{status}: {message}") };
    if status.is_redirection() {
        let to = location(headers).map(|to| format!(" to {to}")).unwrap_or_default();
        return Fault::refused(format!(
            "the server redirects{to} ({status}), which is not followed: give the address that answers in EMBEDDING_URL"
        ));
    }
    let lower = message.to_ascii_lowercase();
    let too_long = status.is_server_error() && TOO_LONG.iter().any(|sign| lower.contains(sign));
    match status.as_u16() {
        code if too_long || matches!(code, 400 | 413 | 422) => Fault::unsuitable(said),
        401 | 403 => Fault::refused(format!("{said}; see that EMBEDDING_API_KEY is right and may embed")),
        404 => Fault::refused(format!(
            "{said}; see that EMBEDDING_URL leads to what stands before /v1/embeddings, and that the server has the model \
             of EMBEDDING_MODEL"
        )),
        501 | 505 => Fault::refused(format!("{said}; the server has no /v1/embeddings")),
        408 | 425 | 429 | 500.. => Fault::passing(said).after(retry_after(headers)),
        _ => Fault::refused(said),
    }
}

/// What the server says, in one of the forms that are about.
fn message(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = json.get("error").unwrap_or(&json);
    let said = ["message", "detail"].iter().find_map(|name| error.get(name)?.as_str()).or(error.as_str());
    words(said.unwrap_or_default())
}

/// How long the server wants to be left alone. A date counts from what the server says that the time is.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    date(text)?.duration_since(date(headers.get(DATE)?.to_str().ok()?)?).ok()
}

/// Where a redirection leads, without what may be secret in it.
fn location(headers: &HeaderMap) -> Option<String> {
    let uri: Uri = headers.get(LOCATION)?.to_str().ok()?.parse().ok()?;
    let host = uri.host().map(|host| format!("{}://{host}", uri.scheme_str().unwrap_or_default()));
    Some(words(&format!("{}{}", host.unwrap_or_default(), uri.path())))
}

#[cfg(test)]
mod tests {
    use super::super::fault::Kind;
    use super::*;

    fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Fault {
        let header = |(name, value): &(&'static str, &str)| {
            (http::HeaderName::from_static(name), value.parse().unwrap())
        };
        fault(StatusCode::from_u16(status).unwrap(), &headers.iter().map(header).collect(), body.as_bytes())
    }

    #[test]
    fn each_status_has_its_consequence() {
        for (kind, statuses) in [
            (Kind::Passing, &[408, 425, 429, 500, 502, 503, 504, 529][..]),
            (Kind::Refused, &[301, 307, 401, 402, 403, 404, 405, 410, 415, 501, 505][..]),
            (Kind::Unsuitable, &[400, 413, 422][..]),
        ] {
            for status in statuses {
                assert_eq!(of(*status, &[], "").kind, kind, "{status}");
            }
        }
    }

    #[test]
    fn what_the_server_says_is_told_on_one_line() {
        for (body, said) in [
            (r#"{"error":{"message":"no\nsuch  model","code":1}}"#, "400 Bad Request: no such model"),
            (r#"{"error":"no such model"}"#, "400 Bad Request: no such model"),
            (r#"{"object":"error","message":"no such model"}"#, "400 Bad Request: no such model"),
            (r#"{"detail":"no such model"}"#, "400 Bad Request: no such model"),
            ("<html>", "400 Bad Request"),
            ("", "400 Bad Request"),
        ] {
            assert_eq!(of(400, &[], body).what, said);
        }
        let long = of(400, &[], &format!("{{\"error\":\"{}\"}}", "a".repeat(9_000)));
        assert!(long.what.len() < 250 && long.what.ends_with("..."), "{}", long.what);
    }

    #[test]
    fn a_text_that_is_too_long_is_known_by_the_words_too() {
        let body = r#"{"error":{"code":500,"message":"input is too large to process. increase the physical batch size"}}"#;
        assert_eq!(of(500, &[], body).kind, Kind::Unsuitable);
    }

    #[test]
    fn the_pause_that_is_asked_for_is_read_in_both_forms() {
        let after =
            |headers: &[(&'static str, &str)]| of(429, headers, "").after.map(|after| after.as_secs());
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(after(&[("retry-after", "7")]), Some(7));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT"), date]), Some(23));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT")]), None);
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"), date]), None);
        assert_eq!(after(&[("retry-after", "-1")]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn a_redirection_is_told_without_its_query() {
        let fault = of(308, &[("location", "https://joe:pw@b.example/v1?key=hunter2")], "");
        assert!(fault.what.contains(" to https://b.example/v1 (308"), "{}", fault.what);
    }
}
