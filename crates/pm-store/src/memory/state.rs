//! All that is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use pm_core::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId, ProjectStatus,
    Version, Versioned,
};
use pm_core::ports::{Change, Digest, ModelTag, Swept};
use pm_core::{Error, Result};

use super::once::Record;
use super::vault::Vaulted;
use crate::followers::Notice;

/// Everything, at one instant. Projects are shared between copies until one of them writes.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) now: Timestamp,
    pub(super) projects: BTreeMap<ProjectId, Arc<Held>>,
    pub(super) once: BTreeMap<Digest, Record>,
    pub(super) vault: Vaulted,
}

/// The vector of an item, with the version of the item that it was made from.
pub(super) type Vector = Versioned<(ModelTag, Vec<u8>)>;

/// A project with all that belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) project: Versioned<Project>,
    revision: u64,
    pub(super) items: BTreeMap<(MemoryType, Key), Arc<Versioned<MemoryItem>>>,
    /// Never of an item that is not there.
    pub(super) vectors: BTreeMap<(MemoryType, Key), Arc<Vector>>,
    pub(super) messages: BTreeMap<MessageId, Arc<Versioned<Message>>>,
}

impl Held {
    pub(super) fn next_version(&mut self) -> Version {
        self.revision += 1;
        Version(self.revision)
    }

    /// The item of this name, unless it has expired.
    pub(super) fn item(&self, now: Timestamp, name: &(MemoryType, Key)) -> Option<&Versioned<MemoryItem>> {
        self.items.get(name).map(Arc::as_ref).filter(|item| !item.value.expired(now))
    }

    /// All items that have not expired, in order of type and key.
    pub(super) fn live(&self, now: Timestamp) -> impl Iterator<Item = &Versioned<MemoryItem>> {
        self.items.values().map(Arc::as_ref).filter(move |item| !item.value.expired(now))
    }

    pub(super) fn remove_item(&mut self, name: &(MemoryType, Key)) {
        self.items.remove(name);
        self.vectors.remove(name);
    }

    pub(super) fn clear_items(&mut self) {
        self.items.clear();
        self.vectors.clear();
    }
}

impl State {
    pub(super) fn project(&self, id: ProjectId) -> Result<&Held> {
        self.projects.get(&id).map(Arc::as_ref).ok_or(Error::ProjectNotFound)
    }

    /// The project, which must take writes.
    pub(super) fn writable(&mut self, id: ProjectId) -> Result<&mut Held> {
        let held = self.projects.get_mut(&id).ok_or(Error::ProjectNotFound)?;
        match held.project.value.status {
            ProjectStatus::Active => Ok(Arc::make_mut(held)),
            ProjectStatus::Archived => Err(Error::ProjectArchived),
        }
    }

    pub(super) fn create_project(&mut self, project: &Project) -> Result<Version> {
        if self.projects.contains_key(&project.id) {
            return Err(Error::internal("the id of a new project is not new"));
        }
        let version = Version(1);
        let project = Versioned { value: project.clone(), version };
        let id = project.value.id;
        let (items, vectors, messages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        self.projects.insert(id, Arc::new(Held { project, revision: version.0, items, vectors, messages }));
        Ok(version)
    }

    pub(super) fn replace_project(&mut self, project: &Project, expected: Version) -> Option<Version> {
        let held = self.projects.get_mut(&project.id).filter(|held| held.project.version == expected)?;
        let held = Arc::make_mut(held);
        let version = held.next_version();
        held.project = Versioned { value: project.clone(), version };
        Some(version)
    }

    pub(super) fn delete_project(&mut self, id: ProjectId, condition: &Precondition) -> Result<bool> {
        condition.check(self.projects.get(&id).map(|held| held.project.version))?;
        Ok(self.projects.remove(&id).is_some())
    }

    pub(super) fn create_message(&mut self, message: &Message) -> Result<Version> {
        let held = self.writable(message.project_id)?;
        if held.messages.contains_key(&message.id) {
            return Err(Error::internal("the id of a new message is not new"));
        }
        let version = held.next_version();
        held.messages.insert(message.id, Arc::new(Versioned { value: message.clone(), version }));
        Ok(version)
    }

    pub(super) fn delete_message(
        &mut self,
        project: ProjectId,
        id: MessageId,
        condition: &Precondition,
    ) -> Result<bool> {
        let held = self.writable(project)?;
        condition.check(held.messages.get(&id).map(|message| message.version))?;
        Ok(held.messages.remove(&id).is_some())
    }

    pub(super) fn sweep(&mut self, limit: usize, notices: &mut Vec<(ProjectId, Notice)>) -> Swept {
        let now = self.now;
        let expired = |held: &Held| {
            let gone = held.items.values().filter(|item| item.value.expired(now));
            gone.map(|item| (item.value.project_id, item.value.r#type, item.value.key.clone()))
                .collect::<Vec<_>>()
        };
        let expired: Vec<_> = self.projects.values().flat_map(|held| expired(held)).take(limit).collect();
        let items = expired.len();
        for (id, r#type, key) in expired {
            if let Some(held) = self.projects.get_mut(&id) {
                Arc::make_mut(held).remove_item(&(r#type, key.clone()));
            }
            notices.push((id, Change::Removed(r#type, key).into()));
        }
        let outdated: Vec<_> = self.once.iter().filter(|(_, record)| record.outdated(now)).collect();
        let outdated: Vec<_> = outdated.into_iter().map(|(scope, _)| *scope).take(limit).collect();
        for scope in &outdated {
            self.once.remove(scope);
        }
        Swept { items, once: outdated.len(), records: self.vault.sweep(now, limit) }
    }
}
