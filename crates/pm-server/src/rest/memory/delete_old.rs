//! `DELETE /api/memory/...`: deletes by key, of every type unless one is given.

use axum::extract::FromRequestParts;
use axum::response::IntoResponse;
use http::StatusCode;
use http::request::Parts;
use pm_core::operations::DeleteRequest;
use pm_core::policy::Action;

use crate::rest::answer::Answer;
use crate::rest::extract::{By, Caller, Conditions, KeyPath, Parameters};
use crate::rest::problem::Problem;
use crate::rest::schema;
use crate::rest::state::App;

/// What every form of the delete takes beside the path.
pub(super) struct Deletion {
    caller: Caller,
    by: By,
    parameters: Parameters,
    conditions: Conditions,
}

impl FromRequestParts<App> for Deletion {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let by = By::from_request_parts(parts, app).await?;
        let parameters = Parameters::from_request_parts(parts, app).await?;
        let Ok(conditions) = Conditions::from_request_parts(parts, app).await;
        Ok(Self { caller, by, parameters, conditions })
    }
}

impl Deletion {
    fn of(mut self, name: &str, value: String) -> Self {
        self.parameters = self.parameters.with(name, value);
        self
    }

    async fn run(self) -> Answer {
        let request = DeleteRequest::new(self.parameters.fields())?;
        let allowed = self.caller.may(Action::Write(request.project()?))?;
        allowed.memory.delete(&request, &self.conditions.0, &self.by.0).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}

/// Delete by key, of every type unless one is given: also keys that no path can name, such as `..`.
#[utoipa::path(
    delete, path = "/api/memory", tag = "memory",
    params(schema::DeleteProjectQuery, schema::DeleteKeyQuery, schema::DeleteTypeQuery, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "memory_not_found", "project_archived", "precondition_failed"])))
)]
pub(super) async fn delete_memory(deletion: Deletion) -> Answer {
    deletion.run().await
}

/// Delete by key, at the first version's address.
#[utoipa::path(
    delete, path = "/api/memory/{key}", tag = "memory",
    params(schema::KeyParameter, schema::DeleteProjectQuery, schema::DeleteTypeQuery, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "memory_not_found", "project_archived", "precondition_failed"])))
)]
#[deprecated = "kept for the first version's clients"]
pub(super) async fn delete_memory_by_key(path: KeyPath, deletion: Deletion) -> Answer {
    deletion.of("key", path.key).run().await
}

/// Delete by project and key, at the first version's address.
#[utoipa::path(
    delete, path = "/api/memory/{project_id}/{key}", tag = "memory",
    params(schema::OldProjectParameter, schema::KeyParameter, schema::DeleteTypeQuery, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "memory_not_found", "project_archived", "precondition_failed"])))
)]
#[deprecated = "kept for the first version's clients"]
pub(super) async fn delete_memory_by_project_and_key(path: KeyPath, deletion: Deletion) -> Answer {
    let project_id = path.project_id.unwrap_or_default();
    deletion.of("key", path.key).of("project_id", project_id).run().await
}

/// `DELETE /api/memory/{key}` for a key that is called like a route of ours.
pub(super) async fn delete_named(key: &str, deletion: Deletion) -> Answer {
    deletion.of("key", key.to_owned()).run().await
}

/// `DELETE /api/memory/{project_id}/{key}` of a project called `store`: there is none.
pub(super) async fn delete_batch_of_store(deletion: Deletion) -> Answer {
    deletion.of("key", "batch".to_owned()).of("project_id", "store".to_owned()).run().await
}

/// `DELETE /api/memory/{project_id}/{key}` of the key `count`.
pub(super) async fn delete_count(path: KeyPath, deletion: Deletion) -> Answer {
    deletion.of("key", "count".to_owned()).of("project_id", path.project_id.unwrap_or_default()).run().await
}
