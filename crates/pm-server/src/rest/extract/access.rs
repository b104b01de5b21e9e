//! Who calls, and what he may do. The operations are given out here alone, to those whom the policy lets: a handler
//! that does not ask has nothing to call.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use pm_core::Error;
use pm_core::model::ProjectId;
use pm_core::operations::Operations;
use pm_core::policy::{Action, Actor, Admitted, Decision, Principal, decide};

use super::{Client, ProjectScope};
use crate::rest::layers::identify::Identity;
use crate::rest::problem::{Code, Problem};
use crate::rest::state::App;

/// Somebody who was let in.
pub struct Caller {
    app: App,
    principal: Admitted,
}

impl Caller {
    /// Who it is.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The operations, if he may do this.
    pub fn may(&self, action: Action) -> Result<Allowed, Problem> {
        match decide(&self.principal, action) {
            Decision::Allowed => Ok(Allowed(self.app.clone())),
            Decision::Hidden => Err(Error::ProjectNotFound.into()),
            Decision::Forbidden(why) => Err(Problem::new(Code::Forbidden, why)),
            Decision::Unknown(why) => Err(Problem::new(Code::Unauthorized, why)),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let principal = Identity::of(&parts.extensions)?.clone();
        Ok(Self { app: app.clone(), principal })
    }
}

/// The operations, for somebody who may do what he asked for.
pub struct Allowed(App);

impl Deref for Allowed {
    type Target = Operations;

    fn deref(&self) -> &Operations {
        self.0.operations()
    }
}

/// Who asks for something that goes into the audit record. Only who takes it has it made.
pub struct By(pub Actor);

impl FromRequestParts<App> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let principal = Identity::of(&parts.extensions)?.clone();
        Ok(Self(Client::from_request_parts(parts, app).await?.by(principal)))
    }
}

/// What a handler does in the project that its path names.
pub trait Deed {
    /// The same for the policy.
    fn in_project(project: ProjectId) -> Action;
}

/// It reads.
pub struct Reading;

/// It writes.
pub struct Writing;

impl Deed for Reading {
    fn in_project(project: ProjectId) -> Action {
        Action::Read(project)
    }
}

impl Deed for Writing {
    fn in_project(project: ProjectId) -> Action {
        Action::Write(project)
    }
}

/// The project that the path names, and the operations for somebody who may do this in it.
pub struct Within<D> {
    /// The project.
    pub project: ProjectId,
    /// The operations.
    pub allowed: Allowed,
    deed: PhantomData<D>,
}

impl<D: Deed> FromRequestParts<App> for Within<D> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let ProjectScope(project) = ProjectScope::from_request_parts(parts, app).await?;
        Ok(Self { project, allowed: caller.may(D::in_project(project))?, deed: PhantomData })
    }
}
