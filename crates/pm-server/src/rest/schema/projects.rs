//! Projects on the wire.

use serde_json::Value;
use utoipa::ToSchema;

/// Whether a project takes writes.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum ProjectStatus {
    Active,
    Archived,
}

/// A project.
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f", "name": "web shop", "description": "the shop and its checkout",
    "status": "active", "created_at": "2026-03-05T14:07:00Z", "updated_at": "2026-03-05T14:07:00Z"
}))]
pub struct Project {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    #[schema(nullable = false)]
    description: Option<String>,
    status: ProjectStatus,
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<Value>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

/// A project to be made.
#[derive(ToSchema)]
#[schema(example = json!({"name": "web shop", "description": "the shop and its checkout"}))]
pub struct ProjectCreate {
    /// 1 to 200 characters after trimming; need not be unique.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// At most 16 KiB as compact JSON.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// A project in place of what is there; what is not sent is cleared.
#[derive(ToSchema)]
#[schema(example = json!({"name": "web shop", "status": "archived"}))]
pub struct ProjectReplace {
    /// 1 to 200 characters after trimming; need not be unique.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    status: Option<ProjectStatus>,
    /// At most 16 KiB as compact JSON.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// A JSON merge patch of a project: null removes a description or metadata.
#[derive(ToSchema)]
#[schema(example = json!({"description": null, "metadata": {"team": "checkout"}}))]
pub struct ProjectChange {
    /// 1 to 200 characters after trimming; need not be unique.
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    #[schema(nullable = false)]
    status: Option<ProjectStatus>,
    /// Merged into what is there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}
