//! The port, method by method.

use async_trait::async_trait;
use pm_core::Result;
use pm_core::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId, Version, Versioned,
};
use pm_core::ports::{
    Follower, ItemFilter, ItemPosition, ItemSort, ItemVector, MessageFilter, MessagePosition, ModelTag, Once,
    Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort, PutItems, PutOutcome, Store, Swept,
    Written,
};

use super::EmbeddedStore;
use super::sql::{item, item_list, message, project, project_list, put, sweep, vector};
use crate::measure::measured;

#[async_trait]
impl Store for EmbeddedStore {
    fn kind(&self) -> &'static str {
        "embedded"
    }

    fn projects_revision(&self) -> Option<u64> {
        Some(self.writer.projects_revision())
    }

    async fn ping(&self) -> Result<()> {
        self.read("ping", |connection, _| {
            Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
        })
        .await?;
        // Takes the lock of a writer and gives it back: nothing is written, and nothing waits for the disk.
        self.write("ping", |_| Ok(())).await
    }

    async fn close(&self) -> Result<()> {
        self.followers.close();
        measured("close", async {
            self.readers.close().await;
            self.writer.close().await;
            Ok::<_, pm_core::Error>(())
        })
        .await
    }

    async fn create_project(&self, project: &Project, once: Option<&Once>) -> Result<Written<Version>> {
        let (project, once) = (project.clone(), once.cloned());
        self.write("create_project", move |write| project::create(write, &project, once.as_ref())).await
    }

    async fn project(&self, id: ProjectId) -> Result<Option<Versioned<Project>>> {
        // Told before the project is looked up.
        let revision = self.writer.projects_revision();
        if let Some(known) = self.known.get(revision, id).filter(|_| !self.readers.are_closed()) {
            return Ok(Some(known));
        }
        let found = self.look_up("project", move |connection, _| project::find(connection, id)).await?;
        if let Some(project) = &found {
            self.known.keep(revision, project);
        }
        Ok(found)
    }

    async fn replace_project(&self, project: &Project, expected: Version) -> Result<Option<Version>> {
        let project = project.clone();
        self.write("replace_project", move |write| project::replace(write, &project, expected)).await
    }

    async fn delete_project(&self, id: ProjectId, condition: &Precondition) -> Result<bool> {
        let condition = condition.clone();
        self.write_alone("delete_project", move |write| project::delete(write, id, &condition)).await
    }

    async fn projects(
        &self,
        filter: &ProjectFilter,
        page: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read("projects", move |connection, _| project_list::list(connection, &filter, &page)).await
    }

    async fn put_items(&self, project: ProjectId, put: &PutItems) -> Result<Written<PutOutcome>> {
        let put = put.clone();
        self.write_plain("put_items", move |write| put::put(write, project, put)).await
    }

    async fn item(
        &self,
        project: ProjectId,
        r#type: MemoryType,
        key: &Key,
    ) -> Result<Option<Versioned<MemoryItem>>> {
        let name = [(r#type, key.clone())];
        let found = self
            .look_up("item", move |connection, now| item::find_all(connection, now, project, &name))
            .await?;
        Ok(found.into_iter().next().flatten())
    }

    async fn items(
        &self,
        project: ProjectId,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Versioned<MemoryItem>>>> {
        let names = names.to_vec();
        self.read("items", move |connection, now| item::find_all(connection, now, project, &names)).await
    }

    async fn delete_items(
        &self,
        project: ProjectId,
        types: &[MemoryType],
        key: &Key,
        condition: &Precondition,
    ) -> Result<Vec<MemoryType>> {
        let (types, key, condition) = (types.to_vec(), key.clone(), condition.clone());
        self.write("delete_items", move |write| item::delete(write, project, &types, &key, &condition)).await
    }

    async fn clear_items(&self, project: ProjectId) -> Result<u64> {
        self.write_alone("clear_items", move |write| item::clear(write, project)).await
    }

    async fn count_items(&self, project: ProjectId) -> Result<[u64; 4]> {
        self.read("count_items", move |connection, now| item::count(connection, now, project)).await
    }

    async fn list_items(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        page: &PageRequest<ItemSort, ItemPosition>,
    ) -> Result<Page<Versioned<MemoryItem>>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read("list_items", move |connection, now| {
            item_list::list(connection, now, project, &filter, &page)
        })
        .await
    }

    async fn scan_items(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>> {
        let after = after.cloned();
        self.read("scan_items", move |connection, now| {
            item::scan(connection, now, project, after.as_ref(), limit)
        })
        .await
    }

    async fn put_vectors(&self, project: ProjectId, model: ModelTag, vectors: &[ItemVector]) -> Result<()> {
        let vectors = vectors.to_vec();
        self.write("put_vectors", move |write| vector::put(write, project, model, &vectors)).await
    }

    async fn vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Vec<u8>>>> {
        let names = names.to_vec();
        self.read("vectors", move |connection, now| vector::find_all(connection, now, project, model, &names))
            .await
    }

    async fn scan_vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key, Vec<u8>)>> {
        let after = after.cloned();
        self.read("scan_vectors", move |connection, now| {
            vector::scan(connection, now, project, model, after.as_ref(), limit)
        })
        .await
    }

    async fn scan_unembedded(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key)>> {
        let after = after.cloned();
        self.read("scan_unembedded", move |connection, now| {
            vector::scan_bare(connection, now, project, model, after.as_ref(), limit)
        })
        .await
    }

    async fn follow(&self, project: ProjectId) -> Result<Box<dyn Follower>> {
        let follower = self.followers.follow(project)?;
        self.look_up("follow", move |connection, _| project::check(connection, project)).await?;
        Ok(follower)
    }

    async fn create_message(&self, message: &Message, once: Option<&Once>) -> Result<Written<Version>> {
        let (message, once) = (message.clone(), once.cloned());
        self.write("create_message", move |write| message::create(write, &message, once.as_ref())).await
    }

    async fn message(&self, project: ProjectId, id: MessageId) -> Result<Option<Versioned<Message>>> {
        self.look_up("message", move |connection, _| message::find(connection, project, id)).await
    }

    async fn delete_message(
        &self,
        project: ProjectId,
        id: MessageId,
        condition: &Precondition,
    ) -> Result<bool> {
        let condition = condition.clone();
        self.write("delete_message", move |write| message::delete(write, project, id, &condition)).await
    }

    async fn list_messages(
        &self,
        project: ProjectId,
        filter: &MessageFilter,
        page: &PageRequest<(), MessagePosition>,
    ) -> Result<Page<Versioned<Message>>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read("list_messages", move |connection, _| message::list(connection, project, &filter, &page))
            .await
    }

    async fn sweep(&self, limit: usize) -> Result<Swept> {
        self.write("sweep", move |write| sweep::sweep(write, limit)).await
    }
}
