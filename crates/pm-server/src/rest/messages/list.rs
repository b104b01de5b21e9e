//! `GET /api/projects/{id}/messages`.

use http::Uri;
use pm_core::operations::MessageList;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Parameters, Reading, Within};
use crate::rest::schema;

/// List a project's messages, newest first unless sorted otherwise.
#[utoipa::path(
    get, path = "/api/projects/{id}/messages", tag = "messages",
    params(schema::ProjectParameter, schema::MessageListQuery),
    responses((status = 200, description = "A page of messages", body = Vec<schema::Message>,
        headers(("X-Total-Count" = u64, description = "How many there are in all"),
            ("Link" = String, description = "The next page, as rel=\"next\"")))),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn list_messages(
    Within { project, allowed, .. }: Within<Reading>,
    uri: Uri,
    parameters: Parameters,
) -> Answer {
    let listing = allowed.messages.list(project, &MessageList::new(parameters.fields())?).await?;
    answer::page(&uri, listing, |message| message.value)
}
