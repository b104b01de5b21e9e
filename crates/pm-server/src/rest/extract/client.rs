//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use http::request::Parts;
use pm_core::policy::{Actor, Admitted, Principal};

use crate::rest::layers::edge::REQUEST_ID;
use crate::rest::layers::limit;
use crate::rest::problem::Problem;
use crate::rest::state::App;

/// The client of a request. It is found out only where a handler takes it.
pub struct Client {
    /// Its address: behind proxies that are trusted, the one that they name.
    pub address: IpAddr,
    request_id: Option<String>,
}

impl Client {
    /// The same as what the audit record says of `principal`.
    pub fn by(&self, principal: Admitted) -> Actor {
        let client = Some(self.address.to_string());
        Actor { principal, client, request_id: self.request_id.clone() }
    }

    /// The same, where nobody is known yet.
    pub fn by_anybody(&self) -> Actor {
        self.by(Principal::anonymous().into())
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let address = limit::client(app.limiter(), &parts.extensions, &parts.headers);
        let request_id = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        Ok(Self {
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            request_id: request_id.map(str::to_owned),
        })
    }
}
