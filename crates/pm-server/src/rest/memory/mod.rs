//! `/api/memory` and `/api/projects/{id}/memory`.

mod clear;
mod count;
mod count_old;
mod delete;
mod delete_old;
mod get;
mod list;
mod recall;
mod recall_query;
mod recalled;
mod replace;
mod store;
mod store_batch;

pub(super) use recalled::RecalledItem;

use axum::routing;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::App;

/// The routes of this noun.
#[expect(deprecated, reason = "the first version's routes are served; it is clients that should leave them")]
pub fn routes() -> OpenApiRouter<App> {
    // A key may be called like a route of ours: where such a route is in the way, the delete stands beside it.
    let named = |key: &'static str| routing::delete(move |request| delete_old::delete_named(key, request));
    OpenApiRouter::new()
        .routes(routes!(store::store_memory))
        .routes(routes!(store_batch::store_memory_batch))
        .routes(routes!(recall::recall_memory, recall_query::recall_memory_by_query))
        .routes(routes!(delete_old::delete_memory))
        .routes(routes!(delete_old::delete_memory_by_key))
        .routes(routes!(delete_old::delete_memory_by_project_and_key))
        .routes(routes!(count_old::count_memory_old))
        .routes(routes!(count::count_memory))
        .routes(routes!(list::list_memory, clear::clear_memory))
        .routes(routes!(get::get_memory, replace::put_memory, delete::delete_memory_item))
        .route("/api/memory/store", named("store"))
        .route("/api/memory/recall", named("recall"))
        .route("/api/memory/store/batch", routing::delete(delete_old::delete_batch_of_store))
        .route("/api/memory/{project_id}/count", routing::delete(delete_old::delete_count))
}
