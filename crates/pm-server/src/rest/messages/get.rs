//! `GET /api/projects/{id}/messages/{message_id}`.

use http::StatusCode;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{MessagePath, NoParameters, ReadConditions, Reading, Within};
use crate::rest::schema;

/// Get a message.
#[utoipa::path(
    get, path = "/api/projects/{id}/messages/{message_id}", tag = "messages",
    params(schema::ProjectParameter, schema::MessageParameter, schema::ReadConditionHeaders),
    responses((status = 200, description = "The message", body = schema::Message,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already")),
    extensions(("x-problems" = json!(["project_not_found", "message_not_found", "precondition_failed"])))
)]
pub(super) async fn get_message(
    Within { project, allowed, .. }: Within<Reading>,
    _: NoParameters,
    MessagePath(message): MessagePath,
    conditions: ReadConditions,
) -> Answer {
    let message = allowed.messages.get(project, message).await?;
    if conditions.known(message.version)? {
        return Ok(answer::not_modified(message.version));
    }
    answer::tagged(StatusCode::OK, message.version, &message.value)
}
