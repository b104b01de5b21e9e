//! No request is worked on for ever, and none outlives the server.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http_body::Body;
use tokio_util::sync::CancellationToken;

use crate::rest::extract::Burden;
use crate::rest::problem::{Code, Problem};

/// The longest that a request may take: 60 s for its body and 30 s for the store, with room between.
const LONGEST: Duration = Duration::from_secs(100);

/// What `answer` comes to, or 503 where it takes too long or is still at work when `hurry` is cancelled.
pub async fn enforce(
    hurry: &CancellationToken,
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> Response {
    tokio::select! {
        biased;
        Ok(response) = answer => response,
        () = hurry.cancelled() => {
            let detail = "the server is going down and could not finish this request: try again";
            Problem::new(Code::ShuttingDown, detail).into_response()
        }
        () = tokio::time::sleep(LONGEST) => {
            let detail = format!("the request was not done within {} seconds", LONGEST.as_secs());
            Problem::new(Code::StoreUnavailable, detail).into_response()
        }
    }
}

/// What the request's body will take of the room that all bodies share. Who keeps it keeps the room: what reads the body is
/// done with the request before the work is.
pub fn burden(request: &mut Request) -> Option<Burden> {
    let burden = (!request.body().is_end_stream()).then(Burden::default)?;
    request.extensions_mut().insert(burden.clone());
    Some(burden)
}
