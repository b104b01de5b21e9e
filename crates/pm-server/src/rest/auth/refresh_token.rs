//! Refresh tokens in bodies.

use axum::extract::{FromRef, FromRequest, Request};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use pm_core::input::{self, Invalid};

use crate::rest::extract::{BodyLimit, FormBody};
use crate::rest::layers::identify::Identity;
use crate::rest::problem::Problem;

/// The refresh token in a body, which lets its bearer in by itself; `None`: there is no body.
pub(super) struct RefreshToken(pub(super) Option<String>);

impl RefreshToken {
    /// There has to be one.
    pub(super) fn missing() -> Invalid {
        Invalid::field("refresh_token", "is missing")
    }
}

impl<S: Send + Sync> FromRequest<S> for RefreshToken
where
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let identity = Identity::of(request.extensions()).map(drop);
        if !has_body(&request) {
            return identity.map(|()| Self(None));
        }
        let read = FormBody::from_request(request, state).await.and_then(|FormBody(mut fields)| {
            let token = fields.required("refresh_token", input::string);
            Ok(fields.finish(|| token)?)
        });
        match (read, identity) {
            (Ok(token), _) => Ok(Self(Some(token))),
            // Who brings no token and is not known either is not told more.
            (Err(_), Err(unknown)) => Err(unknown),
            (Err(problem), Ok(())) => Err(problem),
        }
    }
}

fn has_body(request: &Request) -> bool {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    length || headers.contains_key(TRANSFER_ENCODING) || headers.contains_key(CONTENT_TYPE)
}
