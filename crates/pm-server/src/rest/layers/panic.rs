//! A panic in a handler is a fault of ours: it is answered as one and the server lives on.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::rest::problem::Problem;

/// The answer to a request whose handler panicked.
#[expect(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
pub fn respond(payload: Box<dyn Any + Send + 'static>) -> Response {
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
    let text = text.unwrap_or_else(|| "with no message".to_owned());
    Problem::from(pm_core::Error::internal(format!("a handler panicked: {text}"))).into_response()
}
