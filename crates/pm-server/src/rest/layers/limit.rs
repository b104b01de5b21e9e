//! No caller may call without end. What is left is said with every answer, as the draft for `RateLimit` headers has it
//! (draft-ietf-httpapi-ratelimit-headers).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use http::Extensions;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use pm_core::policy::PrincipalKind;

use super::identify::Identity;
use crate::limit::{Caller, FAILURES, Limiter, Policy, Verdict};
use crate::rest::problem::{Code, Problem};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What became of a call that was counted.
pub struct Counted(Policy, Verdict);

/// Finds out who calls, and counts the call; `None` where it is not counted.
///
/// It changes nothing of the request: but a body may not be shared with other threads while one waits.
pub async fn count(limiter: &Limiter, request: &mut Request) -> Option<Counted> {
    if !limiter.counts() || is_exempt(request.uri().path()) {
        return None;
    }
    let client = client(limiter, request.extensions(), request.headers());
    let client = client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let (policy, verdict) = limiter.take(&caller(request, client)).await?;
    Some(Counted(policy, verdict))
}

impl Counted {
    /// The answer to whoever has called too often: 429.
    pub fn refusal(&self) -> Option<Response> {
        let wait = seconds(self.1.retry_after?);
        let detail = format!("too many requests: try again after {wait} s; RateLimit-Policy tells the limit");
        Some(refusal(detail, wait))
    }

    /// Says in an answer what is left.
    pub fn tell(&self, response: &mut Response) {
        tell("default", self.0, &self.1, response);
    }
}

/// The answer to whoever has failed to log in too often.
pub fn refuse_login(verdict: &Verdict) -> Response {
    let wait = seconds(verdict.retry_after.unwrap_or_default());
    let detail = format!("too many failed logins from this address: try again after {wait} s");
    let mut response = refusal(detail, wait);
    tell("login", FAILURES, verdict, &mut response);
    response
}

/// Which address a request comes from.
pub fn client(limiter: &Limiter, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(limiter.client(peer.0.ip(), headers))
}

/// Whose call it is. Whoever comes without a good credential is known by his address alone.
fn caller(request: &Request, client: IpAddr) -> Caller {
    match Identity::of(request.extensions()) {
        Ok(principal) if principal.kind != PrincipalKind::Anonymous => Caller::of_principal(principal),
        _ => Caller::of_address(client),
    }
}

/// What watches the server must not be kept out by those it watches. Preflights do not come this far.
pub fn is_exempt(path: &str) -> bool {
    let bare = path.strip_prefix("/api").unwrap_or(path);
    matches!(bare, "/health" | "/health/redis" | "/health/live" | "/health/ready" | "/metrics")
}

fn refusal(detail: String, wait: u64) -> Response {
    let mut response = Problem::new(Code::RateLimited, detail).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    response
}

/// What the limit is, what is left of it, and when there is more.
fn tell(name: &str, policy: Policy, verdict: &Verdict, response: &mut Response) {
    let (quota, window) = (u64::from(policy.burst()), seconds(policy.window()));
    let (left, more) =
        (u64::from(verdict.remaining), seconds(verdict.retry_after.unwrap_or(verdict.full_after)));
    for (header, first, second) in
        [(POLICY, (";q=", quota), (";w=", window)), (LIMIT, (";r=", left), (";t=", more))]
    {
        if let Ok(value) = HeaderValue::try_from(element(name, first, second)) {
            // A login has its own limit beside the one of all calls.
            response.headers_mut().append(header, value);
        }
    }
}

/// A name in quotes, and two parameters of it. Each answer has two of these: without the machinery of formatting.
fn element(name: &str, first: (&str, u64), second: (&str, u64)) -> String {
    let (mut room, mut other) = (itoa::Buffer::new(), itoa::Buffer::new());
    ["\"", name, "\"", first.0, room.format(first.1), second.0, other.format(second.1)].concat()
}

/// Whole seconds, and at least one: who waits for so long does not come too early.
fn seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_and_metrics_are_not_counted() {
        for free in
            ["/health", "/api/health", "/health/live", "/api/health/redis", "/metrics", "/api/metrics"]
        {
            assert!(is_exempt(free), "{free}");
        }
        for counted in ["/", "/api", "/api/projects", "/healthy", "/health/other", "/docs", "/apihealth"] {
            assert!(!is_exempt(counted), "{counted}");
        }
    }

    #[test]
    fn a_part_of_a_second_is_a_second() {
        for (millis, whole) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (2_000, 2)] {
            assert_eq!(seconds(Duration::from_millis(millis)), whole, "{millis} ms");
        }
    }
}
