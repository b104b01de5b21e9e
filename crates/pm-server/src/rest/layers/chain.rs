//! The layers around a handler, as one service: as one each they would be copied, each with all those within it, for every
//! request.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service, service_fn};

use super::cors::Cors;
use super::edge::Edge;
use super::gate::{self, Gate};
use super::identify::{self, Identification};
use super::{accept, cors, deadline, limit, panic};
use crate::limit::Limiter;

/// What every request passes once its route is chosen, from the outside in.
#[derive(Debug)]
pub struct Layers {
    /// Ids, figures, the log, the bodies of problems, the headers of all answers.
    pub edge: Edge,
    /// Which pages of other origins may call.
    pub cors: Cors,
    /// Who calls.
    pub identification: Identification,
    /// How often one may call.
    pub limiter: Arc<Limiter>,
    /// Cancelled when a request that is still at work is to be given up.
    pub hurry: CancellationToken,
    /// What is open to whom.
    pub gate: Gate,
}

impl Layers {
    async fn around(&self, route: Route, mut request: Request) -> Response {
        let seen = self.edge.begin(&mut request);
        let mut response = self.across_origins(route, request).await;
        self.edge.finish(seen, &mut response);
        response
    }

    async fn across_origins(&self, route: Route, request: Request) -> Response {
        if !cors::concerns(&request) {
            return panic::caught(self.within(route, request)).await;
        }
        // In a box: it is seldom there, and every request would take its place in memory.
        let within = service_fn(|request| {
            let answer = Box::pin(panic::caught(self.within(route.clone(), request)));
            async { Ok::<_, Infallible>(answer.await) }
        });
        let Ok(response) = self.cors.at(request.uri().path()).layer(within).call(request).await;
        response
    }

    async fn within(&self, route: Route, mut request: Request) -> Response {
        identify::identify(&self.identification, &mut request).await;
        let Some(counted) = limit::count(&self.limiter, &mut request).await else {
            return self.handled(route, request).await;
        };
        let mut response = match counted.refusal() {
            Some(refusal) => refusal,
            None => self.handled(route, request).await,
        };
        counted.tell(&mut response);
        response
    }

    async fn handled(&self, mut route: Route, mut request: Request) -> Response {
        let refusal = gate::refusal(self.gate, &request).or_else(|| accept::refusal(&request));
        if let Some(problem) = refusal {
            return problem.into_response();
        }
        let burden = deadline::burden(&mut request);
        let answer = route.call(request);
        let response = deadline::enforce(&self.hurry, answer).await;
        drop(burden);
        response
    }
}

/// Puts all layers around a route.
#[derive(Clone, Debug)]
pub struct Guard(pub Arc<Layers>);

impl Layer<Route> for Guard {
    type Service = Guarded;

    fn layer(&self, route: Route) -> Guarded {
        Guarded { layers: self.0.clone(), route }
    }
}

/// A route with all layers around it.
#[derive(Clone, Debug)]
pub struct Guarded {
    layers: Arc<Layers>,
    route: Route,
}

impl Service<Request> for Guarded {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routes are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { layers, route } = self.clone();
        Box::pin(async move { Ok(layers.around(route, request).await) })
    }
}
