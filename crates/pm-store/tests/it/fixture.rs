//! What the tests store.

use jiff::Timestamp;
use pm_core::model::{
    JsonText, Key, MemoryItem, MemoryType, Precondition, Project, ProjectId, ProjectStatus,
};
use pm_core::ports::{Ids, PutItems, RandomIds, Store};

pub(crate) fn project() -> Project {
    Project {
        id: ProjectId::new(RandomIds.next()),
        name: "a project".to_owned(),
        description: None,
        status: ProjectStatus::Active,
        metadata: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) async fn kept_project(store: &dyn Store) -> ProjectId {
    let project = project();
    store.create_project(&project, None).await.unwrap();
    project.id
}

pub(crate) fn item(project_id: ProjectId, key: &str) -> MemoryItem {
    MemoryItem {
        project_id,
        r#type: MemoryType::Context,
        key: Key::new(key).unwrap(),
        value: JsonText::of(&key.into()),
        timestamp: Timestamp::UNIX_EPOCH,
        ttl: None,
        expires_at: None,
        session_id: None,
        metadata: None,
        importance: None,
    }
}

pub(crate) fn put(items: Vec<MemoryItem>) -> PutItems {
    PutItems { items, condition: Precondition::NONE, limit: None, once: None }
}

pub(crate) async fn keep(store: &dyn Store, project: ProjectId, key: &str) {
    store.put_items(project, &put(vec![item(project, key)])).await.unwrap();
}

pub(crate) async fn is_there(store: &dyn Store, project: ProjectId, key: &str) -> bool {
    store.item(project, MemoryType::Context, &Key::new(key).unwrap()).await.unwrap().is_some()
}
