//! Over a store behind a network: few calls, and nothing told that it does not say itself.

use jiff::SignedDuration;
use pm_core::Error;
use pm_core::input::Fields;
use pm_core::model::{ItemDraft, Key, MemoryType, MessageDraft, Precondition, ProjectDraft};
use pm_core::operations::{ContextRequest, DeleteRequest, Settings};
use pm_core::policy::Actor;
use pm_core::ports::Store;
use serde_json::json;

use crate::operations::{World, settings};

impl World {
    /// Asserts that just these calls were made since the last time.
    pub fn called<const N: usize>(&self, calls: [(&'static str, usize); N]) {
        assert_eq!(self.store.take_calls(), calls.into());
    }

    /// Asserts that this many projects have an index, or somebody waiting for one.
    pub fn indexed(&self, projects: usize) {
        let shown = format!("{:?}", self.operations.recall);
        assert!(shown.contains(&format!(" projects: {projects},")), "{shown}");
        assert!(projects > 0 || shown.contains(" bytes: 0,"), "{shown}");
    }
}

#[tokio::test]
async fn a_recall_is_one_call_and_so_is_a_write() {
    let world = World::remote(settings()).await;
    world.put("a", json!("the cat sat")).await;
    world.called([("create_project", 1), ("put_items", 1)]);
    assert_eq!(world.recalled("cat").await, ["a"]);
    world.called([("follow", 1), ("scan_items", 1), ("changes", 1)]);
    for query in ["cat", "nothing of the kind", ""] {
        world.recalled(query).await;
        world.called([("changes", 1)]);
    }
    world.put("b", json!("another cat")).await;
    world.called([("put_items", 1)]);
    assert_eq!(world.recalled("cat").await.len(), 2);
    world.called([("changes", 1)]);
    let delete = DeleteRequest::one(world.project, MemoryType::Context, Key::new("b").unwrap());
    world.operations.memory.delete(&delete, &Precondition::NONE, &Actor::shell()).await.unwrap();
    // And one for the audit record.
    world.called([("delete_items", 1), ("put_record", 1)]);
    world.operations.memory.clear(world.project, &Actor::shell()).await.unwrap();
    world.called([("clear_items", 1), ("put_record", 1)]);
    assert_eq!(world.recalled("").await, Vec::<String>::new());
    world.called([("changes", 1)]);
}

#[tokio::test]
async fn a_local_store_is_asked_for_large_items_alone() {
    let world = World::new(settings()).await;
    world.put("a", json!("the cat sat")).await;
    world.recalled("cat").await;
    world.called([("create_project", 1), ("put_items", 1), ("follow", 1), ("scan_items", 1), ("changes", 1)]);
    world.put("b", json!("another cat ".repeat(500))).await;
    world.called([("put_items", 1), ("changes", 1)]);
    assert_eq!(world.recalled("cat").await.len(), 2);
    world.called([("changes", 1), ("items", 1)]);
    world.put("b", json!("a small cat")).await;
    assert_eq!(world.recalled("cat").await.len(), 2);
    world.called([("put_items", 1), ("changes", 2)]);
}

#[tokio::test]
async fn a_context_asks_for_messages_and_changes() {
    let world = World::remote(settings()).await;
    world.put("a", json!("the cat sat")).await;
    world.recalled("cat").await;
    world.store.take_calls();
    let get = async |query: Option<&str>| {
        let pairs = query.map(|query| ("query".to_owned(), query.to_owned())).into_iter().collect();
        let request = ContextRequest::new(Fields::of_query(pairs)).unwrap();
        world.operations.contexts.get(world.project, request).await.unwrap()
    };
    let say = async |role: &str| {
        let draft = MessageDraft::new(json!({"role": role, "content": "cat?"})).unwrap();
        world.operations.messages.create(world.project, draft, None).await.unwrap();
        world.store.take_calls();
    };
    assert_eq!(get(Some("cat")).await.items.len(), 1);
    world.called([("list_messages", 1), ("changes", 1)]);
    for _ in 0..2 {
        assert_eq!(get(None).await.query, "");
        world.called([("list_messages", 1), ("changes", 1)]);
        say("system").await;
    }
    say("system").await;
    assert_eq!(get(None).await.query, "");
    world.called([("list_messages", 2), ("changes", 1)]);
    world.clock.advance(SignedDuration::from_secs(1));
    say("user").await;
    assert_eq!(get(None).await.query, "cat?");
    world.called([("list_messages", 1), ("changes", 1)]);
}

#[tokio::test]
async fn the_items_count_in_the_budget() {
    let world = World::remote(Settings { index_bytes: 150_000, ..settings() }).await;
    let draft = ProjectDraft::to_create(json!({"name": "other"})).unwrap();
    let other = world.operations.projects.create(draft, None).await.unwrap().value.id;
    // One word, over and over: next to nothing to an index, much to keep.
    for project in [world.project, other] {
        let item = json!({"value": "cat ".repeat(25_000)});
        let draft = ItemDraft::named(MemoryType::Context, Key::new("a").unwrap(), item).unwrap();
        world.operations.memory.put(project, draft, Precondition::NONE, None).await.unwrap();
    }
    world.store.take_calls();
    for project in [world.project, other, world.project, other] {
        assert_eq!(world.recalled_in(&project.to_string(), "cat").await, ["a"]);
        world.called([("follow", 1), ("scan_items", 1), ("changes", 1)]);
        world.indexed(1);
    }
}

#[tokio::test]
async fn what_has_expired_is_left_out() {
    let world = World::remote(settings()).await;
    let body = json!({"value": "cat", "ttl": 5});
    let draft = ItemDraft::named(MemoryType::Error, Key::new("e").unwrap(), body).unwrap();
    world.operations.memory.put(world.project, draft, Precondition::NONE, None).await.unwrap();
    assert_eq!(world.recalled("cat").await, ["e"]);
    world.clock.advance(SignedDuration::from_secs(5));
    for query in ["cat", ""] {
        assert_eq!(world.recalled(query).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_no_answer() {
    let world = World::remote(settings()).await;
    let project = world.project.to_string();
    world.put("a", json!("the cat sat")).await;
    assert_eq!(world.recalled("cat").await, ["a"]);
    world.store.fail(true);
    for query in ["cat", "nothing of the kind", ""] {
        assert!(matches!(world.recall(&project, query).await, Err(Error::StoreUnavailable(_))));
    }
    world.indexed(0);
    world.store.fail(false);
    assert_eq!(world.recalled("cat").await, ["a"]);
}

#[tokio::test]
async fn projects_that_are_not_there_leave_nothing_behind() {
    for world in [World::new(settings()).await, World::remote(settings()).await] {
        for n in 0..50_u128 {
            let id = uuid::Uuid::from_u128(n).to_string();
            assert!(matches!(world.recall(&id, "cat").await, Err(Error::ProjectNotFound)));
        }
        world.store.fail(true);
        let id = uuid::Uuid::nil().to_string();
        assert!(matches!(world.recall(&id, "cat").await, Err(Error::StoreUnavailable(_))));
        world.store.fail(false);
        world.indexed(0);
    }
}

#[tokio::test]
async fn a_project_that_another_node_deleted_is_not_there() {
    for world in [World::new(settings()).await, World::remote(settings()).await] {
        let project = world.project.to_string();
        world.put("a", json!("the cat sat")).await;
        assert_eq!(world.recalled("cat").await, ["a"]);
        world.indexed(1);
        // Past the operations: nobody here hears of it.
        world.store.delete_project(world.project, &Precondition::NONE).await.unwrap();
        for _ in 0..2 {
            assert!(matches!(world.recall(&project, "cat").await, Err(Error::ProjectNotFound)));
            world.indexed(0);
        }
    }
}
