//! The yardstick: what axum does on this machine with nothing behind it.

use axum::http::header;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::Outcome;

#[derive(Serialize, Deserialize)]
struct Body {
    project_id: String,
    r#type: String,
    key: String,
    value: String,
}

/// Serves until it is killed: `GET /`, `POST /`, and `GET /prepared`, which answers that many bytes.
pub fn run(bytes: usize) -> Outcome<()> {
    let prepared = axum::body::Bytes::from(vec![b'x'; bytes]);
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], prepared) };
    tokio::runtime::Runtime::new()?.block_on(async {
        let app = Router::new()
            .route("/", get(|| async { "ok" }))
            .route("/", post(|Json(body): Json<Body>| async { Json(body) }))
            .route("/prepared", get(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        // As ai-pm does; a socket that does not take it is as good as any for a yardstick.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, app).await?;
        Ok(())
    })
}
