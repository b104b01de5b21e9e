//! What the tests store.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pm_core::Result;
use pm_core::model::{
    JsonText, Key, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId,
    ProjectStatus, Role, Version, Versioned,
};
use pm_core::ports::{
    Ids, ItemLimit, LimitPolicy, Once, PutItems, PutOutcome, RandomIds, Stamp, Store, Written,
};
use uuid::Uuid;

/// An instant, so many seconds after a fixed one.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

pub(super) fn uuid() -> Uuid {
    RandomIds.next()
}

pub(super) fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// A project that is not kept yet.
pub(super) fn project(name: &str) -> Project {
    Project {
        id: ProjectId::new(uuid()),
        name: name.to_owned(),
        description: None,
        status: ProjectStatus::Active,
        metadata: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// The id of a new project.
pub(super) async fn kept_project(store: &dyn Store) -> ProjectId {
    let project = project("a project");
    store.create_project(&project, None).await.unwrap();
    project.id
}

/// Sets the status of a project.
pub(super) async fn set_status(store: &dyn Store, id: ProjectId, status: ProjectStatus) {
    let Versioned { mut value, version } = store.project(id).await.unwrap().unwrap();
    value.status = status;
    store.replace_project(&value, version).await.unwrap().unwrap();
}

/// A plain item.
pub(super) fn item(project_id: ProjectId, r#type: MemoryType, name: &str) -> MemoryItem {
    MemoryItem {
        project_id,
        r#type,
        key: key(name),
        value: JsonText::of(&name.into()),
        timestamp: at(0),
        ttl: None,
        expires_at: None,
        session_id: None,
        metadata: None,
        importance: None,
    }
}

/// A plain item of type context.
pub(super) fn context(project_id: ProjectId, name: &str) -> MemoryItem {
    item(project_id, MemoryType::Context, name)
}

/// Items with neither condition nor limit.
pub(super) fn batch(items: Vec<MemoryItem>) -> PutItems {
    PutItems { items, condition: Precondition::NONE, limit: None, once: None }
}

/// One item with a condition.
pub(super) fn put_if(item: MemoryItem, condition: Precondition) -> PutItems {
    PutItems { condition, ..batch(vec![item]) }
}

/// Items with a limit.
pub(super) fn limited(items: Vec<MemoryItem>, max: usize, policy: LimitPolicy) -> PutItems {
    PutItems { limit: Some(ItemLimit { max, policy }), ..batch(items) }
}

/// Stores items of one project.
pub(super) async fn store_all(store: &dyn Store, items: Vec<MemoryItem>) -> Vec<(bool, Version)> {
    let project = items[0].project_id;
    store.put_items(project, &batch(items)).await.unwrap().outcome.entries
}

/// Stores one item.
pub(super) async fn keep(store: &dyn Store, item: MemoryItem) -> (bool, Version) {
    store_all(store, vec![item]).await[0]
}

/// Whether the item of type context is there.
pub(super) async fn is_there(store: &dyn Store, project: ProjectId, name: &str) -> bool {
    store.item(project, MemoryType::Context, &key(name)).await.unwrap().is_some()
}

/// The keys of all items, by a scan.
pub(super) async fn scanned(store: &dyn Store, project: ProjectId) -> BTreeSet<String> {
    let items = store.scan_items(project, None, 1_000_000).await.unwrap();
    items.into_iter().map(|item| item.key.to_string()).collect()
}

/// A plain message.
pub(super) fn message(project_id: ProjectId, content: &str) -> Message {
    Message {
        id: MessageId::new(uuid()),
        project_id,
        role: Role::User,
        content: content.to_owned(),
        timestamp: at(0),
        session_id: None,
        metadata: None,
    }
}

/// A record to be kept until `expires_at`.
pub(super) fn once(scope: u8, fingerprint: u8, expires_at: Timestamp) -> Once {
    let stamp = Stamp { id: uuid(), at: at(i64::from(scope)) };
    Once { scope: [scope; 32], fingerprint: [fingerprint; 32], stamp, expires_at }
}

/// Stores an item with a record.
pub(super) async fn put_once(
    store: &dyn Store,
    item: MemoryItem,
    once: &Once,
) -> Result<Written<PutOutcome>> {
    let project = item.project_id;
    store.put_items(project, &PutItems { once: Some(once.clone()), ..batch(vec![item]) }).await
}
