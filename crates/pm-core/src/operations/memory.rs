//! Operations on memory items.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::input::{self, Fields, Invalid};
use crate::model::{
    Act, ItemDraft, Key, Match, MemoryItem, MemoryType, Precondition, ProjectId, Similar, Target, Versioned,
};
use crate::policy::Actor;
use crate::ports::{ItemLimit, ItemPosition, PutItems, PutOutcome, Written};
use crate::{Error, Result};

use super::audit::{Audit, finished};
use super::{Idempotency, ItemList, Listing, Ports, Recall, Settings};

/// The most items of a batch.
pub const BATCH_ITEMS: usize = 1000;

/// Operations on memory items.
#[derive(Debug)]
pub struct Memory {
    ports: Ports,
    recall: Arc<Recall>,
    audit: Arc<Audit>,
    limit: Option<ItemLimit>,
    default_ttl: Option<u64>,
}

/// An item that was stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    /// The item as it is now.
    pub item: Versioned<MemoryItem>,
    /// Whether no item of its type and key was there before.
    pub created: bool,
    /// What made room for it.
    pub evicted: Vec<(MemoryType, Key)>,
}

/// What a batch did with one of its items.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct BatchEntry {
    /// The item's type.
    pub r#type: MemoryType,
    /// The item's key.
    pub key: Key,
    /// Whether no item of this type and key was there before.
    pub created: bool,
}

/// How many live items a project has.
#[derive(Clone, PartialEq, Debug)]
pub struct Count {
    /// By type, in the order of [`MemoryType::ALL`].
    pub by_type: [u64; 4],
}

impl Count {
    /// Of all types together.
    pub fn total(&self) -> u64 {
        self.by_type.iter().sum()
    }
}

/// A request to store one item; its project is `None` where the id can be none of ours.
#[derive(Clone, PartialEq, Debug)]
pub struct StoreItem {
    project: Option<ProjectId>,
    draft: ItemDraft,
    unless_similar: Option<f64>,
}

impl StoreItem {
    /// Reads `{project_id, key, value, type, ..., unless_similar?}`.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let project = fields.required("project_id", project_id);
        let draft = ItemDraft::read(&mut fields);
        let unless_similar = fields.optional("unless_similar", input::number_between(0.0, 1.0));
        fields.finish(|| Some(Self { project: project?, draft: draft?, unless_similar }))
    }

    /// The project that it names.
    pub fn project(&self) -> Result<ProjectId> {
        self.project.ok_or(Error::ProjectNotFound)
    }

    /// The same in another project than it names.
    #[must_use]
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }
}

/// A request to store several items, all or none.
#[derive(Clone, PartialEq, Debug)]
pub struct StoreBatch {
    project: Option<ProjectId>,
    drafts: Vec<ItemDraft>,
}

impl StoreBatch {
    /// Reads `{project_id, items: [{key, value, type, ...}]}`.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let project = fields.required("project_id", project_id);
        let drafts = fields.required("items", drafts);
        fields.finish(|| Some(Self { project: project?, drafts: drafts? }))
    }

    /// The project that it names.
    pub fn project(&self) -> Result<ProjectId> {
        self.project.ok_or(Error::ProjectNotFound)
    }

    /// The same in another project than it names.
    #[must_use]
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }

    /// A batch made by other means than JSON.
    pub fn of(project: ProjectId, drafts: Vec<ItemDraft>) -> Result<Self, Invalid> {
        check_batch(&drafts).map_err(|fault| fault.within("items"))?;
        Ok(Self { project: Some(project), drafts })
    }
}

/// A request to delete the items of a key.
#[derive(Clone, PartialEq, Debug)]
pub struct DeleteRequest {
    project: Option<ProjectId>,
    key: Key,
    types: Vec<MemoryType>,
}

impl DeleteRequest {
    /// Reads the parameters `project_id, key, type?`; the caller has put those of the path among them.
    pub fn new(mut fields: Fields) -> Result<Self, Invalid> {
        // An empty one is none, and that is a fault of form.
        let project = fields.required("project_id", |id| Ok(ProjectId::parse(&input::text(1, 512)(id)?)));
        let key = fields.required("key", Key::from_json);
        let types = fields.optional("type", |value| Ok(vec![MemoryType::from_json(value)?]));
        let types = types.unwrap_or_else(|| MemoryType::ALL.to_vec());
        fields.finish(|| Some(Self { project: project?, key: key?, types }))
    }

    /// The project that it names.
    pub fn project(&self) -> Result<ProjectId> {
        self.project.ok_or(Error::ProjectNotFound)
    }

    /// The same in another project than it names.
    #[must_use]
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }

    /// One item, named by its address.
    pub fn one(project: ProjectId, r#type: MemoryType, key: Key) -> Self {
        Self { project: Some(project), key, types: vec![r#type] }
    }
}

impl Memory {
    pub(super) fn new(ports: &Ports, settings: &Settings, recall: Arc<Recall>, audit: Arc<Audit>) -> Self {
        let limit = ItemLimit { max: settings.max_items, policy: settings.limit_policy };
        let limit = (settings.max_items > 0).then_some(limit);
        Self { ports: ports.clone(), recall, audit, limit, default_ttl: settings.default_ttl }
    }

    /// Stores an item, new or in place of the one of its type and key, under a condition on what is there.
    ///
    /// A new one that is asked for `unless_similar` is refused where the project says the same already. That is looked up
    /// before the write: of two that are alike and come at the same moment, both may be stored.
    pub async fn store(
        &self,
        request: StoreItem,
        condition: Precondition,
        once: Option<&Idempotency>,
    ) -> Result<Stored> {
        let project = request.project.ok_or(Error::ProjectNotFound)?;
        let Some(similar) = self.similar(project, &request).await? else {
            return self.put(project, request.draft, condition, once).await;
        };
        // It is the store that refuses: it knows whether this was done before under its idempotency key, and whether the
        // project takes writes.
        match self.put(project, request.draft, Precondition::never(), once).await {
            Err(Error::PreconditionFailed) => Err(Error::SimilarExists(Box::new(similar))),
            repeated => repeated,
        }
    }

    /// The item that stands against storing a new one.
    async fn similar(&self, project: ProjectId, request: &StoreItem) -> Result<Option<Similar>> {
        let StoreItem { draft, unless_similar: Some(least), .. } = request else { return Ok(None) };
        if self.ports.store.item(project, draft.r#type, &draft.key).await?.is_some() {
            return Ok(None);
        }
        let similar = self.recall.most_similar(project, draft).await?;
        Ok(similar.filter(|similar| similar.similarity >= *least))
    }

    /// The same, in a project that the caller has named already.
    pub async fn put(
        &self,
        project: ProjectId,
        draft: ItemDraft,
        condition: Precondition,
        once: Option<&Idempotency>,
    ) -> Result<Stored> {
        let (written, mut items) = self.write(project, vec![draft], condition, once).await?;
        let (Some(&(created, version)), Some(value)) = (written.entries.first(), items.pop()) else {
            return Err(Error::internal("the store answered no entry for an item it stored"));
        };
        Ok(Stored { item: Versioned { value, version }, created, evicted: written.evicted })
    }

    /// Stores several items, all or none; what was evicted for them comes beside the entries.
    pub async fn store_batch(
        &self,
        request: StoreBatch,
        once: Option<&Idempotency>,
    ) -> Result<(Vec<BatchEntry>, Vec<(MemoryType, Key)>)> {
        let project = request.project.ok_or(Error::ProjectNotFound)?;
        let (written, items) = self.write(project, request.drafts, Precondition::NONE, once).await?;
        let entries = items.into_iter().zip(written.entries);
        let entries =
            entries.map(|(item, (created, _))| BatchEntry { r#type: item.r#type, key: item.key, created });
        Ok((entries.collect(), written.evicted))
    }

    async fn write(
        &self,
        project: ProjectId,
        drafts: Vec<ItemDraft>,
        condition: Precondition,
        once: Option<&Idempotency>,
    ) -> Result<(PutOutcome, Vec<MemoryItem>)> {
        let now = self.ports.clock.now();
        let once = once.map(|once| once.once(self.ports.ids.next(), now));
        // Only a repeat has to make its items again, at the time of the first.
        let spare = once.is_some().then(|| drafts.clone());
        let made = |drafts: Vec<ItemDraft>, at| -> Vec<MemoryItem> {
            let in_turn = drafts.into_iter().zip(0..).map(|(draft, turn)| draft.in_turn(at, turn));
            in_turn.map(|draft| draft.at(project, at, self.default_ttl)).collect()
        };
        let put = PutItems { items: made(drafts, now), condition, limit: self.limit, once };
        let Written { outcome, replay_of } = self.ports.store.put_items(project, &put).await?;
        if replay_of.is_none() {
            self.recall.written(project, put.items.iter());
        }
        self.recall.catch_up(project).await;
        match (replay_of, spare) {
            (Some(first), Some(drafts)) => Ok((outcome, made(drafts, first.at))),
            _ => Ok((outcome, put.items)),
        }
    }

    /// One item.
    pub async fn get(
        &self,
        project: ProjectId,
        r#type: MemoryType,
        key: &Key,
    ) -> Result<Versioned<MemoryItem>> {
        match self.ports.store.item(project, r#type, key).await? {
            Some(item) => Ok(item),
            None => match self.ports.store.project(project).await? {
                Some(_) => Err(Error::MemoryNotFound),
                None => Err(Error::ProjectNotFound),
            },
        }
    }

    /// Deletes what the request names; it is a fault if nothing of it is there.
    pub async fn delete(&self, request: &DeleteRequest, condition: &Precondition, by: &Actor) -> Result<()> {
        let project = request.project.ok_or(Error::ProjectNotFound)?;
        let (types, condition) = self.conditional(project, request, condition).await?;
        let (store, recall, audit) = (self.ports.store.clone(), self.recall.clone(), self.audit.clone());
        let (key, by) = (request.key.clone(), by.clone());
        finished(async move {
            let gone = store.delete_items(project, &types, &key, &condition).await?;
            for r#type in &gone {
                audit.append(&by, Act::MemoryDeleted, Target::item(project, *r#type, key.clone())).await;
            }
            recall.catch_up(project).await;
            if gone.is_empty() { Err(Error::MemoryNotFound) } else { Ok(()) }
        })
        .await
    }

    /// What the store is asked to delete, and under which condition: it checks one on a single item alone. A tag
    /// stands for one item; where items of several types have the key, only `*` can mean them all.
    async fn conditional(
        &self,
        project: ProjectId,
        request: &DeleteRequest,
        condition: &Precondition,
    ) -> Result<(Vec<MemoryType>, Precondition)> {
        if *condition == Precondition::NONE || request.types.len() < 2 {
            return Ok((request.types.clone(), condition.clone()));
        }
        let names: Vec<_> = request.types.iter().map(|r#type| (*r#type, request.key.clone())).collect();
        let items = self.ports.store.items(project, &names).await?;
        let there: Vec<_> =
            items.into_iter().flatten().map(|item| (item.value.r#type, item.version)).collect();
        let several = there.len() > 1;
        let tagged = matches!(condition.if_match, Some(Match::Versions(_)));
        // A version that is not there now never comes to be again: what holds here still holds when they are deleted.
        if several && !tagged && there.iter().all(|(_, version)| condition.check(Some(*version)).is_ok()) {
            return Ok((request.types.clone(), Precondition::NONE));
        }
        let one = there.first().map(|(r#type, _)| *r#type).or_else(|| request.types.first().copied());
        // It is the store that refuses, since it knows what else there is to say of the project.
        let condition = if several { Precondition::never() } else { condition.clone() };
        Ok((one.into_iter().collect(), condition))
    }

    /// Deletes all items of a project; how many there were.
    pub async fn clear(&self, project: ProjectId, by: &Actor) -> Result<u64> {
        let (store, recall, audit) = (self.ports.store.clone(), self.recall.clone(), self.audit.clone());
        let by = by.clone();
        finished(async move {
            let deleted = store.clear_items(project).await?;
            let target = Target { count: Some(deleted), ..Target::project(project) };
            audit.append(&by, Act::MemoryCleared, target).await;
            recall.catch_up(project).await;
            Ok(deleted)
        })
        .await
    }

    /// Counts a project's items.
    pub async fn count(&self, project: ProjectId) -> Result<Count> {
        Ok(Count { by_type: self.ports.store.count_items(project).await? })
    }

    /// A page of the list of a project's items.
    pub async fn list(
        &self,
        project: ProjectId,
        request: &ItemList,
    ) -> Result<Listing<Versioned<MemoryItem>>> {
        let list = format!("memory of {project}");
        let page = self
            .ports
            .store
            .list_items(project, &request.filter, &request.sorted_page(&list, ItemPosition::fits)?)
            .await?;
        Ok(request.listing(&list, page, |last| ItemPosition::of(&last.value, request.sort)))
    }

    /// The items that follow `after` in order of type and key, at most `limit`: for whoever reads them all.
    pub async fn scan(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>> {
        self.ports.store.scan_items(project, after, limit).await
    }
}

/// A project id in a body: text that can be no id names no project, which is not a fault of form.
pub(super) fn project_id(value: Value) -> Result<Option<ProjectId>, Invalid> {
    Ok(ProjectId::parse(&input::string(value)?))
}

fn drafts(items: Value) -> Result<Vec<ItemDraft>, Invalid> {
    let sent = items.as_array().map_or(0, Vec::len);
    if sent > BATCH_ITEMS {
        return Err(Invalid::here(format!(
            "has {sent} items; at most {BATCH_ITEMS} are taken: send several batches"
        )));
    }
    let drafts = input::array(items, ItemDraft::new)?;
    check_batch(&drafts)?;
    Ok(drafts)
}

fn check_batch(drafts: &[ItemDraft]) -> Result<(), Invalid> {
    let mut seen = HashSet::with_capacity(drafts.len());
    let twice = drafts.iter().enumerate().find(|(_, draft)| !seen.insert((draft.r#type, &draft.key)));
    match twice {
        Some((n, draft)) => {
            let name = format!("{} {}", draft.r#type.as_str(), draft.key);
            Err(Invalid::field(format!("[{n}]"), format!("is {name:?} again: send each type and key once")))
        }
        None => Ok(()),
    }
}
