//! `/api/audit`.

mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list_audit))
}
