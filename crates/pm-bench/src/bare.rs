//! The yardstick: what axum does on this machine with nothing behind it.

use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::Outcome;

#[derive(Serialize, Deserialize)]
struct Body {
    project_id: String,
    r#type: String,
    key: String,
    value: String,
}

/// Serves until it is killed.
pub fn run() -> Outcome<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let app = Router::new()
            .route("/", get(|| async { "ok" }))
            .route("/", post(|Json(body): Json<Body>| async { Json(body) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        axum::serve(listener, app).await?;
        Ok(())
    })
}
