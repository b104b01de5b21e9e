//! `GET /api/auth/me`.

use http::StatusCode;
use pm_core::model::Grant;
use serde::Serialize;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, NoParameters};
use crate::rest::schema;

/// Get who the credential says you are, and what it lets you do.
#[utoipa::path(
    get, path = "/api/auth/me", tag = "auth",
    responses((status = 200, description = "Who you are", body = schema::Me))
)]
pub(super) async fn get_me(caller: Caller, _: NoParameters) -> Answer {
    let principal = caller.principal();
    let me = Me { kind: principal.kind.as_str(), name: principal.name.as_str(), grant: &principal.grant };
    answer::json(StatusCode::OK, &me)
}

#[derive(Serialize)]
struct Me<'a> {
    kind: &'static str,
    name: &'a str,
    #[serde(flatten)]
    grant: &'a Grant,
}
