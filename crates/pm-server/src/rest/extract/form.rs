//! Bodies as OAuth 2 clients send them: `application/x-www-form-urlencoded`, or JSON.

use axum::extract::{FromRef, FromRequest, Request};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use pm_core::input::Fields;

use super::body::{BodyLimit, JsonBody, arrival};
use super::query;
use crate::rest::problem::{Code, Problem};

const FORM: &str = "application/x-www-form-urlencoded";
/// A password, a token and what else there is are shorter.
const BYTES: usize = 16 * 1024;

/// A form: fields whose values are text.
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form
where
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) || parts.headers.contains_key(CONTENT_ENCODING) {
            let detail = format!("the body is no form: send it as Content-Type: {FORM}");
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let limit = BodyLimit::from_ref(state).at_most(BYTES);
        let bytes = arrival(&parts.headers, body, &limit).await?.bytes;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Problem::new(Code::MalformedRequest, "the form is not UTF-8"))?;
        query::pairs(text, "the form").map(|pairs| Self(Fields::of_query(pairs)))
    }
}

/// A form, or the same fields as a JSON object.
pub struct FormBody(pub Fields);

impl<S: Send + Sync> FromRequest<S> for FormBody
where
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if is_form(request.headers()) {
            return Form::from_request(request, state).await.map(|form| Self(form.0));
        }
        let JsonBody(body) = JsonBody::from_request(request, state).await?;
        Ok(Self(Fields::of(body)?))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|sent| sent.to_str().ok()).unwrap_or_default();
    sent.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}
