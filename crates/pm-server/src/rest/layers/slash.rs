//! Every route works with and without a trailing slash, without a redirect.

use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;

/// Takes one trailing slash off the path. An encoded slash (`%2F`) belongs to a key and stays.
pub fn trim(mut request: Request) -> Request {
    let trimmed = request.uri().path().strip_suffix('/').filter(|path| !path.is_empty());
    let Some(path) = trimmed else { return request };
    let path_and_query = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(path_and_query).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn one_slash_goes_and_the_query_stays() {
        for (sent, seen) in [
            ("/", "/"),
            ("/api/projects/", "/api/projects"),
            ("/api/projects/?limit=1", "/api/projects?limit=1"),
            ("/api/projects//", "/api/projects/"),
            ("/api/memory/a%2F", "/api/memory/a%2F"),
        ] {
            let request = Request::builder().uri(sent).body(Body::empty()).unwrap();
            assert_eq!(trim(request).uri().to_string(), seen);
        }
    }
}
