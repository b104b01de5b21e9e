//! Finds out who calls.

use std::sync::Arc;

use axum::extract::Request;
use http::header::{AUTHORIZATION, HeaderName};
use http::{Extensions, HeaderMap};
use pm_core::operations::Access;
use pm_core::policy::Admitted;

use super::gate::Gate;
use crate::rest::problem::{Code, Problem};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Who calls, as far as his credential tells.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Somebody who may be let in.
    Known(Admitted),
    /// Nobody; the problem says why.
    Refused(Problem),
}

impl Identity {
    /// The principal of a request.
    pub fn of(extensions: &Extensions) -> Result<&Admitted, Problem> {
        // Shut rather than open, should the layer ever be missing.
        let missing = || Problem::new(Code::Unauthorized, NEEDED);
        extensions.get::<Self>().ok_or_else(missing)?.principal()
    }

    /// Who it is.
    pub fn principal(&self) -> Result<&Admitted, Problem> {
        match self {
            Self::Known(principal) => Ok(principal),
            Self::Refused(problem) => Err(problem.clone()),
        }
    }
}

const NEEDED: &str =
    "send an API key or an access token, as `Authorization: Bearer ...` or as `X-API-Key: ...`";
const WRONG: &str = "the API key or token is not known here, is revoked or has expired";

/// What it takes to find out who calls.
#[derive(Clone, Debug)]
pub struct Identification {
    /// The door.
    pub access: Arc<Access>,
    /// Where a credential is needed.
    pub gate: Gate,
    /// Who it is that comes without a credential where none is needed.
    pub anonymous: Admitted,
}

/// Notes in the request who calls, for those that come after.
pub async fn identify(identification: &Identification, request: &mut Request) {
    let identity = identification.identity(request.uri().path(), request.headers()).await;
    request.extensions_mut().insert(identity);
}

impl Identification {
    async fn identity(&self, path: &str, headers: &HeaderMap) -> Identity {
        let refused = |why| Identity::Refused(Problem::new(Code::Unauthorized, why));
        // Health must answer also where a store that is stuck cannot say who asks.
        let asked = if self.gate.is_open(path) { Ok(None) } else { credential(headers) };
        let key = match asked {
            Ok(Some(key)) => key,
            Ok(None) if self.gate.auth_required => return refused(NEEDED),
            Ok(None) => return Identity::Known(self.anonymous.clone()),
            Err(why) => return refused(why),
        };
        match self.access.authenticate(key).await {
            Ok(Some(principal)) => Identity::Known(principal),
            Ok(None) => refused(WRONG),
            Err(error) => Identity::Refused(error.into()),
        }
    }
}

/// The one credential that came with the request.
fn credential(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut found = None;
    let bearer = headers.get_all(AUTHORIZATION).iter().map(|value| (value, true));
    let keys = headers.get_all(API_KEY).iter().map(|value| (value, false));
    for (value, is_bearer) in bearer.chain(keys) {
        if found.is_some() {
            return Err("there is more than one credential: send one");
        }
        let text = value.to_str().map_err(|_| WRONG)?.trim();
        found = Some(if is_bearer { bearer_of(text)? } else { text });
    }
    Ok(found)
}

fn bearer_of(text: &str) -> Result<&str, &'static str> {
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err("the Authorization is not of the kind Bearer, the only one that is taken here");
    }
    Ok(token.trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in lines.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn one_credential_is_taken_and_no_two() {
        let found =
            |lines: &[(&'static str, &str)]| credential(&headers(lines)).map(|it| it.map(str::to_owned));
        assert_eq!(found(&[]), Ok(None));
        for line in [
            ("authorization", "Bearer k"),
            ("authorization", "bearer   k "),
            ("authorization", "BEARER k"),
            ("x-api-key", " k"),
        ] {
            assert_eq!(found(&[line]), Ok(Some("k".to_owned())), "{line:?}");
        }
        for lines in [
            &[("authorization", "Bearer k"), ("x-api-key", "k")][..],
            &[("authorization", "Bearer k"), ("authorization", "Bearer k")],
            &[("x-api-key", "k"), ("x-api-key", "l")],
            &[("authorization", "Basic azo=")],
            &[("authorization", "k")],
            &[("authorization", "")],
            &[("x-api-key", "kéy")],
        ] {
            assert!(found(lines).is_err(), "{lines:?}");
        }
        assert_eq!(
            found(&[("authorization", "Bearer")]),
            Ok(Some(String::new())),
            "it is no key, and refused"
        );
    }
}
