//! `/api/projects/{id}/messages`.

mod create;
mod delete;
mod get;
mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create_message, list::list_messages))
        .routes(routes!(get::get_message, delete::delete_message))
}
