//! `GET /api/auth/keys`.

use http::Uri;
use pm_core::operations::KeyList;
use pm_core::policy::Action;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, Parameters};
use crate::rest::schema;

/// List API keys, oldest first, without their secrets.
#[utoipa::path(
    get, path = "/api/auth/keys", tag = "auth",
    params(schema::PageQuery),
    responses((status = 200, description = "A page of keys", body = Vec<schema::ApiKey>,
        headers(("X-Total-Count" = u64, description = "How many there are in all"),
            ("Link" = String, description = "The next page, as rel=\"next\"")))),
    extensions(("x-problems" = json!(["forbidden"])))
)]
pub(super) async fn list_keys(caller: Caller, uri: Uri, parameters: Parameters) -> Answer {
    let allowed = caller.may(Action::Administer)?;
    let listing = allowed.keys.list(&KeyList::new(parameters.fields())?).await?;
    answer::page(&uri, listing, |key| key)
}
