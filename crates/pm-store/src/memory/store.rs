//! The port, method by method.

use std::sync::Arc;

use async_trait::async_trait;
use pm_core::Result;
use pm_core::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId, Version, Versioned,
};
use pm_core::ports::{
    Change, Follower, ItemFilter, ItemPosition, ItemSort, ItemVector, MessageFilter, MessagePosition,
    ModelTag, Once, Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort, PutItems, PutOutcome,
    Store, Swept, Written,
};

use super::follower::Following;
use super::once::{PUT, VERSION, once};
use super::state::Held;
use super::{MemoryStore, items, lists, vectors};
use crate::followers::Notice;

#[async_trait]
impl Store for MemoryStore {
    fn kind(&self) -> &'static str {
        "memory"
    }

    fn is_remote(&self) -> bool {
        self.line.is_remote()
    }

    async fn ping(&self) -> Result<()> {
        self.line.call("ping")
    }

    async fn close(&self) -> Result<()> {
        self.line.close();
        self.followers.close();
        Ok(())
    }

    async fn create_project(&self, project: &Project, record: Option<&Once>) -> Result<Written<Version>> {
        self.write("create_project", |state, _| {
            once(state, record, &VERSION, |state| state.create_project(project))
        })
    }

    async fn project(&self, id: ProjectId) -> Result<Option<Versioned<Project>>> {
        self.read("project", |state| Ok(state.projects.get(&id).map(|held| held.project.clone())))
    }

    async fn replace_project(&self, project: &Project, expected: Version) -> Result<Option<Version>> {
        self.write("replace_project", |state, _| Ok(state.replace_project(project, expected)))
    }

    async fn delete_project(&self, id: ProjectId, condition: &Precondition) -> Result<bool> {
        self.write("delete_project", |state, notices| {
            let deleted = state.delete_project(id, condition)?;
            notices.extend(deleted.then_some((id, Notice::Gone)));
            Ok(deleted)
        })
    }

    async fn projects(
        &self,
        filter: &ProjectFilter,
        page: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        self.read("projects", |state| {
            let all = state.projects.values().map(|held| &held.project);
            Ok(lists::projects(all, filter, page))
        })
    }

    async fn put_items(&self, project: ProjectId, put: &PutItems) -> Result<Written<PutOutcome>> {
        self.write("put_items", |state, notices| {
            once(state, put.once.as_ref(), &PUT, |state| items::put(state, project, put, notices))
        })
    }

    async fn item(
        &self,
        project: ProjectId,
        r#type: MemoryType,
        key: &Key,
    ) -> Result<Option<Versioned<MemoryItem>>> {
        let name = (r#type, key.clone());
        self.read("item", |state| {
            Ok(state.projects.get(&project).and_then(|held| held.item(state.now, &name)).cloned())
        })
    }

    async fn items(
        &self,
        project: ProjectId,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Versioned<MemoryItem>>>> {
        self.read("items", |state| {
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
        self.write("delete_items", |state, notices| {
            items::delete(state, project, types, key, condition, notices)
        })
    }

    async fn clear_items(&self, project: ProjectId) -> Result<u64> {
        self.write("clear_items", |state, notices| {
            let now = state.now;
            let held = state.writable(project)?;
            let live = held.live(now).count();
            held.clear_items();
            notices.push((project, Change::Cleared.into()));
            Ok(u64::try_from(live).unwrap_or(u64::MAX))
        })
    }

    async fn count_items(&self, project: ProjectId) -> Result<[u64; 4]> {
        self.read("count_items", |state| {
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
        self.read("list_items", |state| {
            Ok(lists::items(state.project(project)?.live(state.now), filter, page))
        })
    }

    async fn scan_items(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>> {
        self.read("scan_items", |state| {
            let live = state.project(project)?.live(state.now).map(|item| &item.value);
            let follows = |item: &&MemoryItem| {
                after.is_none_or(|(r#type, key)| (item.r#type, &item.key) > (*r#type, key))
            };
            Ok(live.filter(follows).take(limit).cloned().collect())
        })
    }

    async fn put_vectors(&self, project: ProjectId, model: ModelTag, vectors: &[ItemVector]) -> Result<()> {
        self.write("put_vectors", |state, _| vectors::put(state, project, model, vectors))
    }

    async fn vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Vec<u8>>>> {
        self.read("vectors", |state| {
            let held = state.projects.get(&project);
            let find = |name| held.and_then(|held| vectors::of(held, state.now, model, name)).cloned();
            Ok(names.iter().map(find).collect())
        })
    }

    async fn scan_vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key, Vec<u8>)>> {
        self.read("scan_vectors", |state| {
            let held = state.project(project)?;
            let live = vectors::names(held, state.now, after);
            let found = live.filter_map(|name| {
                let bytes = vectors::of(held, state.now, model, name)?;
                Some((name.0, name.1.clone(), bytes.clone()))
            });
            Ok(found.take(limit).collect())
        })
    }

    async fn scan_unembedded(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key)>> {
        self.read("scan_unembedded", |state| {
            let held = state.project(project)?;
            let live = vectors::names(held, state.now, after);
            let bare = live.filter(|name| vectors::of(held, state.now, model, name).is_none());
            Ok(bare.take(limit).cloned().collect())
        })
    }

    async fn follow(&self, project: ProjectId) -> Result<Box<dyn Follower>> {
        let follower = self.followers.follow(project)?;
        self.read("follow", |state| state.project(project).map(drop))?;
        Ok(Box::new(Following::new(follower, Arc::clone(&self.line))))
    }

    async fn create_message(&self, message: &Message, record: Option<&Once>) -> Result<Written<Version>> {
        self.write("create_message", |state, _| {
            once(state, record, &VERSION, |state| state.create_message(message))
        })
    }

    async fn message(&self, project: ProjectId, id: MessageId) -> Result<Option<Versioned<Message>>> {
        self.read("message", |state| {
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
        self.write("delete_message", |state, _| state.delete_message(project, id, condition))
    }

    async fn list_messages(
        &self,
        project: ProjectId,
        filter: &MessageFilter,
        page: &PageRequest<(), MessagePosition>,
    ) -> Result<Page<Versioned<Message>>> {
        self.read("list_messages", |state| {
            let held: &Held = state.project(project)?;
            Ok(lists::messages(held.messages.values().map(Arc::as_ref), filter, page))
        })
    }

    async fn sweep(&self, limit: usize) -> Result<Swept> {
        self.write("sweep", |state, notices| Ok(state.sweep(limit, notices)))
    }
}
