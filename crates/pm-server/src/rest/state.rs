//! What handlers are given, part by part.

use axum::extract::FromRef;
use pm_core::operations::{Contexts, Memory, Messages, Operations, Projects, Recall};

use super::extract::BodyLimit;
use super::health::Health;

/// Everything that a handler may ask for.
#[derive(Clone, Debug)]
pub struct App {
    /// The operations.
    pub operations: Operations,
    /// What tells how the server is.
    pub health: Health,
    /// The most bytes of a body.
    pub body_limit: BodyLimit,
}

macro_rules! part {
    ($part:ty, $($field:ident).+) => {
        impl FromRef<App> for $part {
            fn from_ref(app: &App) -> Self {
                app.$($field).+.clone()
            }
        }
    };
}

part!(Projects, operations.projects);
part!(Memory, operations.memory);
part!(Messages, operations.messages);
part!(Recall, operations.recall);
part!(Contexts, operations.contexts);
part!(Health, health);
part!(BodyLimit, body_limit);
