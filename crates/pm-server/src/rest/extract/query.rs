//! Query strings.

use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use pm_core::input::Fields;

use crate::rest::problem::{Code, Problem};

/// The most parameters that a query string may have: far more than any route knows.
const PARAMETERS: usize = 64;

/// The parameters of the query string, each to be read by name; what is left over is a fault.
pub struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// The parameters as fields.
    pub fn fields(self) -> Fields {
        Fields::of_query(self.0)
    }

    /// Adds what the path says, as if it stood in the query string.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        pairs(parts.uri.query().unwrap_or_default(), "the query string").map(Self)
    }
}

/// The pairs of `text`, which is called `what`.
pub(super) fn pairs(text: &str, what: &str) -> Result<Vec<(String, String)>, Problem> {
    let pairs: Vec<_> = text.split('&').filter(|pair| !pair.is_empty()).collect();
    if pairs.len() > PARAMETERS {
        let detail = format!("there are more than {PARAMETERS} parameters in {what}");
        return Err(Problem::new(Code::MalformedRequest, detail));
    }
    let pairs = pairs.into_iter().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name, what)?, decode(value, what)?))
    });
    pairs.collect()
}

/// A query string with no parameter in it: what a route does not know must not be taken for heeded.
pub struct NoParameters;

impl<S: Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = Parameters::from_request_parts(parts, state).await?;
        Ok(parameters.fields().finish(|| Some(Self))?)
    }
}

/// `application/x-www-form-urlencoded`, as browsers and HTTP clients write query strings.
fn decode(text: &str, what: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let decoded =
        decoded.map_err(|_| Problem::new(Code::MalformedRequest, format!("{what} is not UTF-8")))?;
    Ok(decoded.into_owned())
}
