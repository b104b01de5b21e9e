//! A panic in a handler is a fault of ours: it is answered as one and the server lives on.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::response::{IntoResponse, Response};

use crate::rest::problem::Problem;

/// What `answer` comes to, or the answer to a request whose handler panicked.
pub async fn caught(answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    poll_fn(|cx| {
        // What panicked is dropped and not asked again.
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx)))
            .unwrap_or_else(|payload| Poll::Ready(respond(&*payload)))
    })
    .await
}

fn respond(payload: &(dyn Any + Send)) -> Response {
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
    let text = text.unwrap_or_else(|| "with no message".to_owned());
    Problem::from(pm_core::Error::internal(format!("a handler panicked: {text}"))).into_response()
}
