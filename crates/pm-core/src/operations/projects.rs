//! Operations on projects.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::model::{Act, Precondition, Project, ProjectDraft, ProjectId, ProjectPatch, Target, Versioned};
use crate::policy::Actor;
use crate::ports::{Order, Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort};
use crate::{Error, Result};

use super::audit::{Audit, finished};
use super::{Idempotency, Listing, Ports, ProjectList, Recall};

/// How often an update that lost a race is tried again: each loss means that another one won.
const ATTEMPTS: usize = 64;

/// Operations on projects.
#[derive(Debug)]
pub struct Projects {
    ports: Ports,
    recall: Arc<Recall>,
    audit: Arc<Audit>,
}

impl Projects {
    pub(super) fn new(ports: &Ports, recall: Arc<Recall>, audit: Arc<Audit>) -> Self {
        Self { ports: ports.clone(), recall, audit }
    }

    /// Makes a project.
    pub async fn create(
        &self,
        draft: ProjectDraft,
        once: Option<&Idempotency>,
    ) -> Result<Versioned<Project>> {
        let (id, now) = (self.ports.ids.next(), self.ports.clock.now());
        let once = once.map(|once| once.once(id, now));
        let project = draft.clone().at(ProjectId::new(id), now, now);
        let written = self.ports.store.create_project(&project, once.as_ref()).await?;
        let value = match written.replay_of {
            Some(first) => draft.at(ProjectId::new(first.id), first.at, first.at),
            None => project,
        };
        Ok(Versioned { value, version: written.outcome })
    }

    /// One project.
    pub async fn get(&self, id: ProjectId) -> Result<Versioned<Project>> {
        self.ports.store.project(id).await?.ok_or(Error::ProjectNotFound)
    }

    /// What holds of a list for as long as this stays the same: see `Store::projects_revision`.
    pub fn revision(&self) -> Option<u64> {
        self.ports.store.projects_revision()
    }

    /// A page of the list of projects; `among`: of these alone.
    pub async fn list(
        &self,
        request: &ProjectList,
        among: Option<&[ProjectId]>,
    ) -> Result<Listing<Versioned<Project>>> {
        let page = request.sorted_page("projects", ProjectPosition::fits)?;
        let page = match among {
            None => self.ports.store.projects(&request.filter, &page).await?,
            Some(ids) => self.among(ids, &request.filter, &page).await?,
        };
        Ok(request.listing("projects", page, |last| ProjectPosition::of(&last.value, request.sort)))
    }

    /// The same page that the store would answer if there were no other projects. They are few: see `Grant`.
    async fn among(
        &self,
        ids: &[ProjectId],
        filter: &ProjectFilter,
        request: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let project = self.ports.store.project(*id).await?;
            found.extend(project.filter(|project| filter.passes(&project.value)));
        }
        let total = found.len() as u64;
        let place = |project: &Versioned<Project>| ProjectPosition::of(&project.value, request.sort);
        let direct = |ordering: Ordering| match request.order {
            Order::Ascending => ordering,
            Order::Descending => ordering.reverse(),
        };
        found.sort_by(|a, b| direct(place(a).cmp(&place(b))));
        if let Some(after) = &request.after {
            found.retain(|project| direct(place(project).cmp(after)) == Ordering::Greater);
        }
        let more = found.len() > request.limit;
        found.truncate(request.limit);
        Ok(Page { entries: found, total, more })
    }

    /// Replaces all that a user says of a project.
    pub async fn replace(
        &self,
        id: ProjectId,
        draft: ProjectDraft,
        condition: &Precondition,
    ) -> Result<Versioned<Project>> {
        self.update(id, condition, |_| Ok(draft.clone())).await
    }

    /// Changes what a merge patch names.
    pub async fn patch(
        &self,
        id: ProjectId,
        patch: &ProjectPatch,
        condition: &Precondition,
    ) -> Result<Versioned<Project>> {
        self.update(id, condition, |project| Ok(patch.apply(project)?)).await
    }

    async fn update(
        &self,
        id: ProjectId,
        condition: &Precondition,
        change: impl Fn(&Project) -> Result<ProjectDraft>,
    ) -> Result<Versioned<Project>> {
        for _ in 0..ATTEMPTS {
            let current = self.ports.store.project(id).await?;
            condition.check(current.as_ref().map(|project| project.version))?;
            let Versioned { value, version } = current.ok_or(Error::ProjectNotFound)?;
            // Never earlier than before, also when the clock was set back.
            let now = self.ports.clock.now().max(value.updated_at);
            let project = change(&value)?.at(id, value.created_at, now);
            if let Some(version) = self.ports.store.replace_project(&project, version).await? {
                return Ok(Versioned { value: project, version });
            }
        }
        Err(Error::Conflict)
    }

    /// Deletes a project with its messages and memory.
    pub async fn delete(&self, id: ProjectId, condition: &Precondition, by: &Actor) -> Result<()> {
        let (store, recall, audit) = (self.ports.store.clone(), self.recall.clone(), self.audit.clone());
        let (condition, by) = (condition.clone(), by.clone());
        finished(async move {
            let deleted = store.delete_project(id, &condition).await?;
            recall.forget(id);
            if !deleted {
                return Err(Error::ProjectNotFound);
            }
            audit.append(&by, Act::ProjectDeleted, Target::project(id)).await;
            Ok(())
        })
        .await
    }
}
