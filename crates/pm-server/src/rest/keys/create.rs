//! `POST /api/auth/keys`.

use pm_core::model::{ApiKey, KeyDraft};
use pm_core::policy::Action;
use serde::Serialize;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{By, Caller, JsonBody, NoParameters};
use crate::rest::schema;

/// Make an API key. The answer shows it for the only time.
#[utoipa::path(
    post, path = "/api/auth/keys", tag = "auth",
    request_body = schema::KeyCreate,
    responses((status = 201, description = "The new key", body = schema::NewKey,
        headers(("Location" = String, description = "Its address")))),
    extensions(("x-problems" = json!(["forbidden"])))
)]
pub(super) async fn create_key(
    caller: Caller,
    By(actor): By,
    _: NoParameters,
    JsonBody(body): JsonBody,
) -> Answer {
    let allowed = caller.may(Action::Administer)?;
    let (shown, text) = allowed.keys.create(KeyDraft::new(body)?, &actor).await?;
    let location = format!("/api/auth/keys/{}", shown.id);
    answer::made(&location, &NewKey { key: text.expose(), shown })
}

#[derive(Serialize)]
struct NewKey {
    key: String,
    #[serde(flatten)]
    shown: ApiKey,
}
