//! Who asks, what he may do, and which project he means. The operations are given out here alone, to those whom the policy
//! lets.

use pm_core::Error;
use pm_core::input::Invalid;
use pm_core::model::{Project, ProjectDraft, ProjectId};
use pm_core::operations::Operations;
use pm_core::policy::{Action, Actor, Decision, decide};
use rmcp::ErrorData;
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::Agents;
use super::fault::Fault;
use super::http::Named;

/// Somebody who was let in, and asks.
pub(super) struct Asked {
    operations: Operations,
    actor: Actor,
    project: Option<String>,
}

impl Asked {
    /// Who asks in this request.
    pub(super) fn of(agents: &Agents, context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        let head = context.extensions.get::<http::request::Parts>();
        let sent = head.and_then(|head| head.extensions.get::<Actor>());
        // Shut rather than open, should nobody ever have said who asks.
        let actor = agents.local.as_ref().or(sent).cloned();
        let actor = actor.ok_or_else(|| ErrorData::internal_error("nobody asks", None))?;
        let named = head.and_then(|head| head.extensions.get::<Named>());
        let project = named.map(|Named(project)| project.clone()).or_else(|| agents.project.clone());
        Ok(Self { operations: agents.operations.clone(), actor, project })
    }

    /// The operations, if he may do this.
    pub(super) fn may(&self, action: Action) -> Result<&Operations, Fault> {
        match decide(&self.actor.principal, action) {
            Decision::Allowed => Ok(&self.operations),
            Decision::Hidden => Err(Error::ProjectNotFound.into()),
            Decision::Forbidden(why) => Err(Fault::new("forbidden", why)),
            Decision::Unknown(why) => Err(Fault::new("unauthorized", why)),
        }
    }

    /// What the audit record says of him.
    pub(super) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The projects that alone are there for him, where he is bound to some.
    pub(super) fn among(&self) -> Option<&[ProjectId]> {
        self.actor.principal.grant.projects.as_deref()
    }

    /// Whether there is a project that is meant where none is named.
    pub(super) fn has_default(&self) -> bool {
        self.project.is_some()
    }

    /// The project that is meant by `named`, or where nothing is named.
    pub(super) async fn project(&self, named: Option<&str>) -> Result<Project, Fault> {
        let name = self.name(named)?;
        let found = self.may(Action::List)?.projects.find(name, self.among()).await;
        let project = found.map_err(|error| not_found(error, name))?.value;
        self.may(Action::Read(project.id))?;
        Ok(project)
    }

    /// The same; `None` where nothing is named and the project that is meant then is not there yet: the first thing that is
    /// remembered makes it.
    pub(super) async fn project_if_there(&self, named: Option<&str>) -> Result<Option<Project>, Fault> {
        match self.project(named).await {
            Err(fault) if named.is_none() && fault.code() == "project_not_found" => Ok(None),
            found => found.map(Some),
        }
    }

    /// What is answered where the project that is meant is not there yet, and what of it is known.
    pub(super) fn nothing_yet(&self) -> (String, Value) {
        let name = self.project.as_deref().unwrap_or_default();
        let text = format!("Nothing is remembered yet: project {name:?} is made by the first `remember`.\n");
        (text, json!({ "name": name }))
    }

    /// The same for somebody who writes; one that is not there is made. Whether it was.
    pub(super) async fn project_to_write(&self, named: Option<&str>) -> Result<(Project, bool), Fault> {
        let (project, made) = match self.project(named).await {
            Err(fault) if fault.code() == "project_not_found" => {
                let name = self.name(named)?;
                if ProjectId::parse(name).is_some() {
                    return Err(fault);
                }
                self.make(ProjectDraft::to_create(json!({ "name": name }))?).await?
            }
            found => (found?, false),
        };
        self.may(Action::Write(project.id))?;
        Ok((project, made))
    }

    /// The project that this body names, made where there is none; whether it was.
    pub(super) async fn create(&self, body: Value) -> Result<(Project, bool), Fault> {
        let draft = ProjectDraft::to_create(body)?;
        // To find it one need not be let to make others.
        match self.project(Some(&draft.name)).await {
            Err(fault) if fault.code() == "project_not_found" => self.make(draft).await,
            found => Ok((found?, false)),
        }
    }

    async fn make(&self, draft: ProjectDraft) -> Result<(Project, bool), Fault> {
        let (project, made) = self.may(Action::Create)?.projects.find_or_create(draft).await?;
        Ok((project.value, made))
    }

    fn name<'a>(&'a self, named: Option<&'a str>) -> Result<&'a str, Fault> {
        named.or(self.project.as_deref()).ok_or_else(|| {
            let message = "is missing: name a project, or set AI_PM_PROJECT (over HTTP: the header AI-PM-Project) where \
                the client is set up";
            Invalid::field("project", message).into()
        })
    }
}

fn not_found(error: Error, name: &str) -> Fault {
    match error {
        Error::ProjectNotFound => Fault::from(error).with_detail(format!("there is no project {name:?}")),
        error => error.into(),
    }
}
