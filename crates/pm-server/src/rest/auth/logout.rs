//! `POST /api/auth/logout`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::IntoResponse;
use http::StatusCode;
use pm_core::operations::Sessions;

use super::refresh_token::RefreshToken;
use crate::rest::answer::Answer;
use crate::rest::extract::{Client, NoParameters};
use crate::rest::layers::identify::Identity;
use crate::rest::problem::{Code, Problem};
use crate::rest::schema;

/// End a session: that of the refresh token in the body or, without one, that of the access token.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "auth",
    request_body(content((schema::RefreshToken = "application/json"),
        (schema::RefreshToken = "application/x-www-form-urlencoded"))),
    responses((status = 204, description = "Its tokens let nobody in any more")),
    extensions(("x-problems" = json!(["unauthorized"])), ("x-body-optional" = json!(true)))
)]
pub(super) async fn log_out(
    State(sessions): State<Arc<Sessions>>,
    Extension(identity): Extension<Identity>,
    client: Client,
    _: NoParameters,
    RefreshToken(token): RefreshToken,
) -> Answer {
    if let Some(token) = token {
        if !sessions.log_out(&token, &client.by_anybody()).await? {
            return Err(Problem::new(
                Code::Unauthorized,
                "the refresh token is not known here or has expired",
            ));
        }
    } else {
        let by = client.by(identity.principal()?.clone());
        if !sessions.leave(&by).await? {
            return Err(RefreshToken::missing().into());
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
