//! The port, method by method.

use async_trait::async_trait;
use pm_core::Result;
use pm_core::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId, Version, Versioned,
};
use pm_core::ports::{
    Follower, ItemFilter, ItemPosition, ItemSort, ItemVector, MessageFilter, MessagePosition, ModelTag, Once,
    Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort, PutItems, PutOutcome, Quota, ServerInfo,
    Store, Swept, Written,
};

use super::RedisStore;
use super::follower::LogFollower;
use crate::measure::measured;

#[async_trait]
impl Store for RedisStore {
    fn kind(&self) -> &'static str {
        "redis"
    }

    fn server(&self) -> Option<ServerInfo> {
        self.inner.link.server()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn quota(&self) -> Option<&dyn Quota> {
        Some(self)
    }

    async fn ping(&self) -> Result<()> {
        measured("ping", self.inner.link.ping()).await
    }

    async fn close(&self) -> Result<()> {
        self.inner.together.close().await;
        self.inner.link.close().await;
        Ok(())
    }

    async fn create_project(&self, project: &Project, once: Option<&Once>) -> Result<Written<Version>> {
        measured("create_project", self.inner.create_project(project, once)).await
    }

    async fn project(&self, id: ProjectId) -> Result<Option<Versioned<Project>>> {
        measured("project", self.inner.project(id)).await
    }

    async fn replace_project(&self, project: &Project, expected: Version) -> Result<Option<Version>> {
        measured("replace_project", self.inner.replace_project(project, expected)).await
    }

    async fn delete_project(&self, id: ProjectId, condition: &Precondition) -> Result<bool> {
        measured("delete_project", self.inner.delete_project(id, condition)).await
    }

    async fn projects(
        &self,
        filter: &ProjectFilter,
        page: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        measured("projects", self.inner.projects(filter, page)).await
    }

    async fn put_items(&self, project: ProjectId, put: &PutItems) -> Result<Written<PutOutcome>> {
        measured("put_items", self.inner.put_items(project, put)).await
    }

    async fn item(
        &self,
        project: ProjectId,
        r#type: MemoryType,
        key: &Key,
    ) -> Result<Option<Versioned<MemoryItem>>> {
        let name = [(r#type, key.clone())];
        let found = measured("item", self.inner.items(project, &name)).await?;
        Ok(found.into_iter().next().flatten())
    }

    async fn items(
        &self,
        project: ProjectId,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Versioned<MemoryItem>>>> {
        measured("items", self.inner.items(project, names)).await
    }

    async fn delete_items(
        &self,
        project: ProjectId,
        types: &[MemoryType],
        key: &Key,
        condition: &Precondition,
    ) -> Result<Vec<MemoryType>> {
        measured("delete_items", self.inner.delete_items(project, types, key, condition)).await
    }

    async fn clear_items(&self, project: ProjectId) -> Result<u64> {
        measured("clear_items", self.inner.clear_items(project)).await
    }

    async fn count_items(&self, project: ProjectId) -> Result<[u64; 4]> {
        measured("count_items", self.inner.count_items(project)).await
    }

    async fn list_items(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        page: &PageRequest<ItemSort, ItemPosition>,
    ) -> Result<Page<Versioned<MemoryItem>>> {
        measured("list_items", self.inner.list_items(project, filter, page)).await
    }

    async fn scan_items(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>> {
        measured("scan_items", self.inner.scan_items(project, after, limit)).await
    }

    async fn put_vectors(&self, project: ProjectId, model: ModelTag, vectors: &[ItemVector]) -> Result<()> {
        measured("put_vectors", self.inner.put_vectors(project, model, vectors)).await
    }

    async fn vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Vec<u8>>>> {
        measured("vectors", self.inner.vectors(project, model, names)).await
    }

    async fn scan_vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key, Vec<u8>)>> {
        measured("scan_vectors", self.inner.scan_vectors(project, model, after, limit)).await
    }

    async fn scan_unembedded(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key)>> {
        measured("scan_unembedded", self.inner.scan_unembedded(project, model, after, limit)).await
    }

    async fn follow(&self, project: ProjectId) -> Result<Box<dyn Follower>> {
        let follower = measured("follow", LogFollower::new(self.inner.clone(), project)).await?;
        Ok(Box::new(follower))
    }

    async fn create_message(&self, message: &Message, once: Option<&Once>) -> Result<Written<Version>> {
        measured("create_message", self.inner.create_message(message, once)).await
    }

    async fn message(&self, project: ProjectId, id: MessageId) -> Result<Option<Versioned<Message>>> {
        measured("message", self.inner.message(project, id)).await
    }

    async fn delete_message(
        &self,
        project: ProjectId,
        id: MessageId,
        condition: &Precondition,
    ) -> Result<bool> {
        measured("delete_message", self.inner.delete_message(project, id, condition)).await
    }

    async fn list_messages(
        &self,
        project: ProjectId,
        filter: &MessageFilter,
        page: &PageRequest<(), MessagePosition>,
    ) -> Result<Page<Versioned<Message>>> {
        measured("list_messages", self.inner.list_messages(project, filter, page)).await
    }

    async fn sweep(&self, limit: usize) -> Result<Swept> {
        measured("sweep", self.sweep_some(limit)).await
    }
}
