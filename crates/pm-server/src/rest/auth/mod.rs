//! `/api/auth`, but for [`keys`](super::keys).

mod logout;
mod me;
mod refresh;
mod refresh_token;
mod token;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me::get_me))
        .routes(routes!(token::create_token))
        .routes(routes!(refresh::refresh_tokens))
        .routes(routes!(logout::log_out))
}
