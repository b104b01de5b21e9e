//! What handlers are given, part by part.

use std::sync::Arc;

use axum::extract::FromRef;
use pm_core::operations::{Operations, Sessions};

use super::documents::Shown;
use super::extract::BodyLimit;
use super::health::Health;
use super::projects::Pages;
use crate::limit::Limiter;

/// Everything that a handler may ask for. It is cloned for every request, layer by layer: one pointer.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    operations: Operations,
    health: Health,
    body_limit: BodyLimit,
    limiter: Arc<Limiter>,
    documents: Shown,
    pages: Pages,
}

impl App {
    /// The state of a server.
    pub fn new(
        operations: Operations,
        health: Health,
        body_limit: BodyLimit,
        limiter: Arc<Limiter>,
        documents: Shown,
    ) -> Self {
        let pages = Pages::default();
        Self(Arc::new(Parts { operations, health, body_limit, limiter, documents, pages }))
    }

    /// The operations. Handlers are given them by `extract::access`, which asks the policy.
    pub fn operations(&self) -> &Operations {
        &self.0.operations
    }

    /// What knows which address a request comes from.
    pub fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }
}

macro_rules! part {
    ($part:ty, $($field:ident).+) => {
        impl FromRef<App> for $part {
            fn from_ref(app: &App) -> Self {
                app.0.$($field).+.clone()
            }
        }
    };
}

part!(Health, health);
part!(BodyLimit, body_limit);
part!(Arc<Limiter>, limiter);
// To log in, one need not be let in.
part!(Arc<Sessions>, operations.sessions);
part!(Shown, documents);
part!(Pages, pages);
