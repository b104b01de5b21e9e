//! `GET /api/audit`.

use http::Uri;
use pm_core::operations::AuditList;
use pm_core::policy::Action;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, Parameters};
use crate::rest::schema;

/// List who did what, newest first. Nothing here changes the record.
#[utoipa::path(
    get, path = "/api/audit", tag = "audit",
    params(schema::AuditListQuery),
    responses((status = 200, description = "A page of entries", body = Vec<schema::AuditEntry>,
        headers(("X-Total-Count" = u64, description = "How many there are in all"),
            ("Link" = String, description = "The next page, as rel=\"next\"")))),
    extensions(("x-problems" = json!(["forbidden"])))
)]
pub(super) async fn list_audit(caller: Caller, uri: Uri, parameters: Parameters) -> Answer {
    let allowed = caller.may(Action::Administer)?;
    let listing = allowed.audit.list(&AuditList::new(parameters.fields())?).await?;
    answer::page(&uri, listing, |entry| entry)
}
