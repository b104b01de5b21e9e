//! `POST /api/projects/{id}/messages`.

use pm_core::model::MessageDraft;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{NoParameters, Repeatable, Within, Writing};
use crate::rest::schema;

/// Add a message to a project.
#[utoipa::path(
    post, path = "/api/projects/{id}/messages", tag = "messages",
    params(schema::ProjectParameter, schema::IdempotencyKey),
    request_body = schema::MessageCreate,
    responses((status = 201, description = "The new message", body = schema::Message,
        headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version")))),
    extensions(("x-problems" = json!(["forbidden", "project_not_found", "project_archived", "idempotency_mismatch"])))
)]
pub(super) async fn create_message(
    Within { project, allowed, .. }: Within<Writing>,
    _: NoParameters,
    request: Repeatable,
) -> Answer {
    let draft = MessageDraft::new(request.body)?;
    let message = allowed.messages.create(project, draft, request.once.as_ref()).await?;
    let location = format!("/api/projects/{project}/messages/{}", message.value.id);
    answer::created(&location, message.version, &message.value)
}
