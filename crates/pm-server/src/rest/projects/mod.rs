//! `/api/projects`.

mod create;
mod delete;
mod get;
mod list;
mod pages;
mod patch;
mod replace;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::pages::Pages;
use super::state::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create::create_project, list::list_projects)).routes(routes!(
        get::get_project,
        patch::patch_project,
        replace::replace_project,
        delete::delete_project
    ))
}
