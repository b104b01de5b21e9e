//! `DELETE /api/auth/keys/{id}`.

use axum::response::IntoResponse;
use http::StatusCode;
use pm_core::policy::Action;

use crate::rest::answer::Answer;
use crate::rest::extract::{By, Caller, KeyId, NoParameters};
use crate::rest::schema;

/// Revoke an API key: whoever comes with it is refused from now on.
#[utoipa::path(
    delete, path = "/api/auth/keys/{id}", tag = "auth",
    params(schema::KeyIdParameter),
    responses((status = 204, description = "It is revoked")),
    extensions(("x-problems" = json!(["forbidden", "key_not_found"])))
)]
pub(super) async fn revoke_key(caller: Caller, By(actor): By, _: NoParameters, KeyId(id): KeyId) -> Answer {
    caller.may(Action::Administer)?.keys.revoke(&id, &actor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
