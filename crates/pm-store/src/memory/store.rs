//! The port, method by method.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use pm_core::Result;
use pm_core::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId, Version, Versioned,
};
use pm_core::ports::{
    Change, Follower, ItemFilter, ItemPosition, ItemSort, MessageFilter, MessagePosition, Once, Page,
    PageRequest, ProjectFilter, ProjectPosition, ProjectSort, PutItems, PutOutcome, Store, Swept, Written,
};

use super::once::{PUT, VERSION, once};
use super::state::Held;
use super::{MemoryStore, items, lists};

#[async_trait]
impl Store for MemoryStore {
    fn kind(&self) -> &'static str {
        "memory"
    }

    async fn ping(&self) -> Result<()> {
        self.check()
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::SeqCst);
        self.followers.close();
        Ok(())
    }

    async fn create_project(&self, project: &Project, record: Option<&Once>) -> Result<Written<Version>> {
        self.write(|state, _| once(state, record, &VERSION, |state| state.create_project(project)))
    }

    async fn project(&self, id: ProjectId) -> Result<Option<Versioned<Project>>> {
        self.read(|state| Ok(state.projects.get(&id).map(|held| held.project.clone())))
    }

    async fn replace_project(&self, project: &Project, expected: Version) -> Result<Option<Version>> {
        self.write(|state, _| Ok(state.replace_project(project, expected)))
    }

    async fn delete_project(&self, id: ProjectId, condition: &Precondition) -> Result<bool> {
        self.write(|state, changes| {
            let deleted = state.delete_project(id, condition)?;
            changes.extend(deleted.then_some((id, Change::Cleared)));
            Ok(deleted)
        })
    }

    async fn projects(
        &self,
        filter: &ProjectFilter,
        page: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        self.read(|state| {
            let all = state.projects.values().map(|held| &held.project);
            Ok(lists::projects(all, filter, page))
        })
    }

    async fn put_items(&self, project: ProjectId, put: &PutItems) -> Result<Written<PutOutcome>> {
        self.write(|state, changes| {
            once(state, put.once.as_ref(), &PUT, |state| items::put(state, project, put, changes))
        })
    }

    async fn item(
        &self,
        project: ProjectId,
        r#type: MemoryType,
        key: &Key,
    ) -> Result<Option<Versioned<MemoryItem>>> {
        let name = (r#type, key.clone());
        self.read(|state| {
            Ok(state.projects.get(&project).and_then(|held| held.item(state.now, &name)).cloned())
        })
    }

    async fn items(
        &self,
        project: ProjectId,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Versioned<MemoryItem>>>> {
        self.read(|state| {
            let held = state.projects.get(&project);
            let find = |name| held.and_then(|held| held.item(state.now, name)).cloned();
            Ok(names.iter().map(find).collect())
        })
    }

    async fn delete_items(
        &self,
        project: ProjectId,
        types: &[MemoryType],
        key: &Key,
        condition: &Precondition,
    ) -> Result<Vec<MemoryType>> {
        self.write(|state, changes| items::delete(state, project, types, key, condition, changes))
    }

    async fn clear_items(&self, project: ProjectId) -> Result<u64> {
        self.write(|state, changes| {
            let now = state.now;
            let held = state.writable(project)?;
            let live = held.live(now).count();
            held.items.clear();
            changes.push((project, Change::Cleared));
            Ok(u64::try_from(live).unwrap_or(u64::MAX))
        })
    }

    async fn count_items(&self, project: ProjectId) -> Result<[u64; 4]> {
        self.read(|state| {
            let held = state.project(project)?;
            Ok(MemoryType::ALL.map(|r#type| {
                let of_type = held.live(state.now).filter(|item| item.value.r#type == r#type);
                u64::try_from(of_type.count()).unwrap_or(u64::MAX)
            }))
        })
    }

    async fn list_items(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        page: &PageRequest<ItemSort, ItemPosition>,
    ) -> Result<Page<Versioned<MemoryItem>>> {
        self.read(|state| Ok(lists::items(state.project(project)?.live(state.now), filter, page)))
    }

    async fn scan_items(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>> {
        self.read(|state| {
            let live = state.project(project)?.live(state.now).map(|item| &item.value);
            let follows = |item: &&MemoryItem| {
                after.is_none_or(|(r#type, key)| (item.r#type, &item.key) > (*r#type, key))
            };
            Ok(live.filter(follows).take(limit).cloned().collect())
        })
    }

    async fn follow(&self, project: ProjectId) -> Result<Box<dyn Follower>> {
        self.check()?;
        self.followers.follow(project)
    }

    async fn create_message(&self, message: &Message, record: Option<&Once>) -> Result<Written<Version>> {
        self.write(|state, _| once(state, record, &VERSION, |state| state.create_message(message)))
    }

    async fn message(&self, project: ProjectId, id: MessageId) -> Result<Option<Versioned<Message>>> {
        self.read(|state| {
            let held = state.projects.get(&project);
            Ok(held.and_then(|held| held.messages.get(&id)).map(|message| message.as_ref().clone()))
        })
    }

    async fn delete_message(
        &self,
        project: ProjectId,
        id: MessageId,
        condition: &Precondition,
    ) -> Result<bool> {
        self.write(|state, _| state.delete_message(project, id, condition))
    }

    async fn list_messages(
        &self,
        project: ProjectId,
        filter: &MessageFilter,
        page: &PageRequest<(), MessagePosition>,
    ) -> Result<Page<Versioned<Message>>> {
        self.read(|state| {
            let held: &Held = state.project(project)?;
            Ok(lists::messages(held.messages.values().map(Arc::as_ref), filter, page))
        })
    }

    async fn sweep(&self, limit: usize) -> Result<Swept> {
        self.write(|state, changes| Ok(state.sweep(limit, changes)))
    }
}
