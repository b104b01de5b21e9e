//! `POST /api/auth/token`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use pm_core::input::{self, Fields, Invalid};
use pm_core::model::Password;
use pm_core::operations::{Sessions, Tokens};
use serde::Serialize;

use crate::limit::Limiter;
use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Client, Form, NoParameters};
use crate::rest::layers::limit;
use crate::rest::problem::{Code, Problem};
use crate::rest::schema;

const WRONG: &str = "the user name or the password is not right";
const OVER: &str =
    "the refresh token is not known here, was used before, or its session is over: log in again";

/// Log in with a password, or go on with a refresh token (RFC 6749, 4.3 and 6).
///
/// Ten failures a minute from one address are taken; then 429.
#[utoipa::path(
    post, path = "/api/auth/token", tag = "auth",
    request_body(content = schema::TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The tokens of the session", body = schema::Tokens)),
    extensions(("x-problems" = json!(["unauthorized"])))
)]
pub(super) async fn create_token(
    State(sessions): State<Arc<Sessions>>,
    State(limiter): State<Arc<Limiter>>,
    client: Client,
    _: NoParameters,
    Form(form): Form,
) -> Answer {
    match Wanted::new(form)? {
        Wanted::Session { name, password } => log_in(&sessions, &limiter, &client, &name, password).await,
        Wanted::Refresh(token) => refreshed(&sessions, &client, &token).await,
    }
}

/// The next tokens for a refresh token.
pub(super) async fn refreshed(sessions: &Sessions, client: &Client, token: &str) -> Answer {
    match sessions.refresh(token, &client.by_anybody()).await? {
        Some(tokens) => shown(&tokens),
        None => Err(Problem::new(Code::Unauthorized, OVER)),
    }
}

async fn log_in(
    sessions: &Sessions,
    limiter: &Limiter,
    client: &Client,
    name: &str,
    password: Password,
) -> Answer {
    if let Err(verdict) = limiter.logins().take(client.address) {
        return Ok(limit::refuse_login(&verdict));
    }
    let tokens = sessions.log_in(name, password, &client.by_anybody()).await;
    if !matches!(tokens, Ok(None)) {
        limiter.logins().give_back(client.address);
    }
    match tokens? {
        Some(tokens) => shown(&tokens),
        None => Err(Problem::new(Code::Unauthorized, WRONG)),
    }
}

/// What a form asks for.
enum Wanted {
    Session { name: String, password: Password },
    Refresh(String),
}

impl Wanted {
    fn new(mut form: Fields) -> Result<Self, Invalid> {
        let grants = [("password", false), ("refresh_token", true)];
        let grant = form.optional("grant_type", |value| match input::string(value)?.as_str() {
            // Some clients send it empty.
            "" => Ok(false),
            grant => input::one_of(&grants, grant),
        });
        // What OAuth 2 has beside, and nothing here depends on.
        for other in ["scope", "client_id", "client_secret"] {
            form.take(other);
        }
        if grant == Some(true) {
            let token = form.required("refresh_token", input::string);
            return form.finish(|| token.map(Self::Refresh));
        }
        let name = form.required("username", input::string);
        let password = form.required("password", input::string);
        form.finish(|| Some(Self::Session { name: name?, password: Password::claimed(password?) }))
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: &'a str,
}

fn shown(tokens: &Tokens) -> Result<Response, Problem> {
    let Tokens { access, refresh, expires_in } = tokens;
    let shown =
        Shown { access_token: access, token_type: "bearer", expires_in: *expires_in, refresh_token: refresh };
    answer::json(StatusCode::OK, &shown)
}
