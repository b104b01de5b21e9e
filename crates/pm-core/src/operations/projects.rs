//! Operations on projects.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::atomic::{self, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::input::{Fields, Invalid};
use crate::model::{
    Act, Precondition, Project, ProjectDraft, ProjectId, ProjectPatch, ProjectStatus, Target, Versioned,
};
use crate::policy::Actor;
use crate::ports::{Order, Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort};
use crate::{Error, Result};

use super::audit::{Audit, finished};
use super::{Idempotency, Listing, Ports, ProjectList, Recall};

/// How often an update that lost a race is tried again: each loss means that another one won.
const ATTEMPTS: usize = 64;
/// Projects of one name that are told apart for whoever names it.
const NAMESAKES: usize = 10;
/// Names that are remembered.
const NAMES: usize = 1024;
/// How long a name is remembered where the store does not tell whether projects have changed.
const NAMES_SECONDS: i64 = 5;
/// How long the keys under which a name is made follow from one another.
const KEYS_SECONDS: i64 = 600;

/// Operations on projects.
#[derive(Debug)]
pub struct Projects {
    ports: Ports,
    recall: Arc<Recall>,
    audit: Arc<Audit>,
    names: Names,
}

impl Projects {
    pub(super) fn new(ports: &Ports, recall: Arc<Recall>, audit: Arc<Audit>) -> Self {
        Self { ports: ports.clone(), recall, audit, names: Names::default() }
    }

    /// Makes a project.
    pub async fn create(
        &self,
        draft: ProjectDraft,
        once: Option<&Idempotency>,
    ) -> Result<Versioned<Project>> {
        Ok(self.make(draft, once).await?.0)
    }

    /// The same, and whether it was made by this call.
    async fn make(
        &self,
        draft: ProjectDraft,
        once: Option<&Idempotency>,
    ) -> Result<(Versioned<Project>, bool)> {
        let (id, now) = (self.ports.ids.next(), self.ports.clock.now());
        let once = once.map(|once| once.once(id, now));
        let project = draft.clone().at(ProjectId::new(id), now, now);
        let written = self.ports.store.create_project(&project, once.as_ref()).await?;
        let made = written.replay_of.is_none();
        self.names.change();
        let value = match written.replay_of {
            Some(first) => draft.at(ProjectId::new(first.id), first.at, first.at),
            None => project,
        };
        Ok((Versioned { value, version: written.outcome }, made))
    }

    /// One project.
    pub async fn get(&self, id: ProjectId) -> Result<Versioned<Project>> {
        self.ports.store.project(id).await?.ok_or(Error::ProjectNotFound)
    }

    /// The project that somebody means: by its id, or by its name as it stands; `among`: of these alone.
    ///
    /// Names need not be unique. Of several the active one is meant; where that leaves several it is a fault, of the field
    /// `project`, that tells their ids.
    pub async fn find(&self, named: &str, among: Option<&[ProjectId]>) -> Result<Versioned<Project>> {
        let seen = |id: &ProjectId| among.is_none_or(|among| among.contains(id));
        // One that is called as an id looks is found by its name.
        if let Some(id) = ProjectId::parse(named).filter(seen)
            && let Some(project) = self.ports.store.project(id).await?
        {
            return Ok(project);
        }
        let name = named.trim();
        if name.is_empty() || name.contains('\0') {
            return Err(Error::ProjectNotFound);
        }
        // What others may see is not told by what was found for somebody.
        let (remembered, at) = (among.is_none(), self.moment());
        if remembered
            && let Some(id) = self.names.id(name, at)
            && let Some(project) = self.ports.store.project(id).await?
            && project.value.name == name
            && project.value.status == ProjectStatus::Active
        {
            return Ok(project);
        }
        let project = self.of_name(name, among).await?;
        if remembered {
            self.names.note(name, project.value.id, at);
        }
        Ok(project)
    }

    /// Now, as far as names go: they mean the same for as long as this stays the same.
    fn moment(&self) -> Moment {
        match self.ports.store.projects_revision() {
            Some(revision) => Moment::Revision(revision),
            None => {
                Moment::Slot(self.slot(NAMES_SECONDS), self.names.changes.load(atomic::Ordering::Relaxed))
            }
        }
    }

    /// Which of the spans of so many seconds it is.
    fn slot(&self, seconds: i64) -> i64 {
        self.ports.clock.now().as_second().div_euclid(seconds)
    }

    /// The project that somebody means by a name, made where there is none; whether it was made.
    ///
    /// Of all who ask for the same name at once, on whichever node, one makes it: see [`Idempotency`].
    /// Who may make projects sees all of them: see `policy::decide`.
    pub async fn find_or_create(&self, draft: ProjectDraft) -> Result<(Versioned<Project>, bool)> {
        let name = draft.name.clone();
        match self.find(&name, None).await {
            Err(Error::ProjectNotFound) => {}
            found => return Ok((found?, false)),
        }
        // A name that is made, deleted and made again has ever more keys behind it: they begin anew after a while.
        let slot = self.slot(KEYS_SECONDS);
        let mut before = self.names.key(&name, slot).unwrap_or_else(|| slot.to_string());
        for _ in 0..ATTEMPTS {
            let key = key_of(&name, &before);
            let once = Idempotency::new("", "find or create a project", &key, &Value::Null)?;
            let (project, made) = self.make(draft.clone(), Some(&once)).await?;
            let id = project.value.id;
            // What was made under this key may be gone since, or be called otherwise: then the next key follows from it.
            match self.ports.store.project(id).await? {
                Some(project) if project.value.name == name => {
                    self.names.note_key(&name, slot, before);
                    return Ok((project, made));
                }
                _ => before = id.to_string(),
            }
        }
        Err(Error::Conflict)
    }

    async fn of_name(&self, name: &str, among: Option<&[ProjectId]>) -> Result<Versioned<Project>> {
        let mut found: Vec<Versioned<Project>> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut asked =
                vec![("search".to_owned(), name.to_owned()), ("limit".to_owned(), "1000".to_owned())];
            asked.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor)));
            let page = self.list(&ProjectList::new(Fields::of_query(asked))?, among).await?;
            found.extend(page.entries.into_iter().filter(|project| project.value.name == name));
            cursor = page.next;
            if cursor.is_none() || found.len() > NAMESAKES {
                break;
            }
        }
        if found.iter().any(|project| project.value.status == ProjectStatus::Active) {
            found.retain(|project| project.value.status == ProjectStatus::Active);
        }
        let ids: Vec<_> = found.iter().take(NAMESAKES).map(|project| project.value.id.to_string()).collect();
        let Some(project) = found.pop() else { return Err(Error::ProjectNotFound) };
        if ids.len() > 1 {
            let message = format!("is the name of several projects: give the id of one: {}", ids.join(", "));
            return Err(Invalid::field("project", message).into());
        }
        Ok(project)
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
                self.names.change();
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

/// A time for which names mean the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moment {
    /// No project has changed since.
    Revision(u64),
    /// Where the store does not tell: a short while, in which none has changed by way of this node.
    Slot(i64, u64),
}

/// Which project a name was found to mean, and when.
#[derive(Debug, Default)]
struct Names {
    found: Mutex<HashMap<String, (ProjectId, Moment)>>,
    /// Behind which key a name was last made, in which slot: whoever asks again need not go through all before it.
    keys: Mutex<HashMap<String, (i64, String)>>,
    /// How often projects changed by way of this node.
    changes: AtomicU64,
}

impl Names {
    fn id(&self, name: &str, at: Moment) -> Option<ProjectId> {
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|(_, noted)| *noted == at).map(|(id, _)| *id)
    }

    fn note(&self, name: &str, id: ProjectId, at: Moment) {
        insert(&self.found, name, (id, at));
    }

    fn change(&self) {
        self.changes.fetch_add(1, atomic::Ordering::Relaxed);
    }

    fn key(&self, name: &str, slot: i64) -> Option<String> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(name).filter(|(noted, _)| *noted == slot).map(|(_, key)| key.clone())
    }

    fn note_key(&self, name: &str, slot: i64, key: String) {
        insert(&self.keys, name, (slot, key));
    }
}

/// Puts a name into a table of bounded size.
fn insert<T>(table: &Mutex<HashMap<String, T>>, name: &str, entry: T) {
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    if table.len() >= NAMES {
        table.clear();
    }
    table.insert(name.to_owned(), entry);
}

/// An idempotency key for a name of any length.
fn key_of(name: &str, before: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{before}/{name}")))
}
