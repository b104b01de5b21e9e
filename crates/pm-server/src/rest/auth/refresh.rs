//! `POST /api/auth/refresh`.

use std::sync::Arc;

use axum::extract::State;
use pm_core::operations::Sessions;

use super::refresh_token::RefreshToken;
use super::token;
use crate::rest::answer::Answer;
use crate::rest::extract::{Client, NoParameters};
use crate::rest::problem::Problem;
use crate::rest::schema;

/// Get the next tokens of a session for its refresh token, which is good once: one that comes again ends its session.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "auth",
    request_body(content((schema::RefreshToken = "application/json"),
        (schema::RefreshToken = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "The next tokens of the session", body = schema::Tokens)),
    extensions(("x-problems" = json!(["unauthorized"])))
)]
pub(super) async fn refresh_tokens(
    State(sessions): State<Arc<Sessions>>,
    client: Client,
    _: NoParameters,
    RefreshToken(token): RefreshToken,
) -> Answer {
    match token {
        Some(token) => token::refreshed(&sessions, &client, &token).await,
        None => Err(Problem::from(RefreshToken::missing())),
    }
}
