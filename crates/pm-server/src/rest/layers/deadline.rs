//! No request is worked on for ever, and none outlives the server.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::Body;
use tokio_util::sync::CancellationToken;

use crate::rest::extract::Burden;
use crate::rest::problem::{Code, Problem};

/// The longest that a request may take: 60 s for its body and 30 s for the store, with room between.
const LONGEST: Duration = Duration::from_secs(100);

/// Answers 503 in place of a handler that takes too long, or that is still at work when `hurry` is cancelled.
pub async fn enforce(State(hurry): State<CancellationToken>, mut request: Request, next: Next) -> Response {
    // Held here, since what takes the room is done with the request before its work is.
    let burden = (!request.body().is_end_stream()).then(Burden::default);
    if let Some(burden) = &burden {
        request.extensions_mut().insert(burden.clone());
    }
    let response = tokio::select! {
        biased;
        response = next.run(request) => response,
        () = hurry.cancelled() => {
            let detail = "the server is going down and could not finish this request: try again";
            Problem::new(Code::ShuttingDown, detail).into_response()
        }
        () = tokio::time::sleep(LONGEST) => {
            let detail = format!("the request was not done within {} seconds", LONGEST.as_secs());
            Problem::new(Code::StoreUnavailable, detail).into_response()
        }
    };
    drop(burden);
    response
}
