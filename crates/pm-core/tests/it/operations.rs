use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pm_core::Error;
use pm_core::input::Fields;
use pm_core::model::{
    ItemDraft, Key, MemoryType, MessageDraft, Precondition, ProjectDraft, ProjectId, ProjectPatch,
};
use pm_core::operations::{
    Algorithm, ContextRequest, Idempotency, Operations, Ports, ProjectList, Settings, Signing, StoreBatch,
};
use pm_core::policy::Actor;
use pm_core::ports::{Clock, LimitPolicy, ManualClock, RandomIds};
use pm_store::memory::MemoryStore;
use serde_json::{Value, json};

/// Operations over the simplest store, with a clock that stands still.
pub struct World {
    pub operations: Operations,
    pub clock: Arc<ManualClock>,
    pub store: Arc<MemoryStore>,
    pub project: ProjectId,
}

pub fn settings() -> Settings {
    Settings {
        max_items: 0,
        limit_policy: LimitPolicy::Reject,
        default_ttl: None,
        context_window: 3,
        confidence_threshold: 0.5,
        index_bytes: 1 << 20,
        embedding_threads: 2,
        query_budget: std::time::Duration::from_millis(50),
        statics: false,
        signing: Signing { algorithm: Algorithm::HS256, key: b"tests".to_vec(), previous: None },
        access_token: std::time::Duration::from_mins(30),
        audit_kept: None,
    }
}

impl World {
    pub async fn new(settings: Settings) -> Self {
        Self::over(MemoryStore::new, settings).await
    }

    /// The same over a store that is behind a network.
    pub async fn remote(settings: Settings) -> Self {
        Self::over(MemoryStore::remote, settings).await
    }

    async fn over(open: impl FnOnce(Arc<dyn Clock>) -> Arc<MemoryStore>, settings: Settings) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
        let store = open(clock.clone());
        let ports = Ports {
            store: store.clone(),
            vault: store.clone(),
            clock: clock.clone(),
            ids: Arc::new(RandomIds),
            embedder: None,
        };
        let operations = Operations::new(&ports, &settings);
        let draft = ProjectDraft::to_create(json!({"name": "p"})).unwrap();
        let project = operations.projects.create(draft, None).await.unwrap().value.id;
        Self { operations, clock, store, project }
    }

    pub async fn put(&self, key: &str, value: Value) {
        let draft =
            ItemDraft::named(MemoryType::Context, Key::new(key).unwrap(), json!({ "value": value })).unwrap();
        self.operations.memory.put(self.project, draft, Precondition::NONE, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_project_never_becomes_older() {
    let world = World::new(settings()).await;
    let before = world.operations.projects.get(world.project).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(-60));
    let patch = ProjectPatch::new(json!({"name": "q"})).unwrap();
    let after = world.operations.projects.patch(world.project, &patch, &Precondition::NONE).await.unwrap();
    assert_eq!(after.value.updated_at, before.value.updated_at, "although the clock was set back");
    assert!(after.version > before.version);
}

#[tokio::test]
async fn a_repeat_makes_the_first_answer_again() {
    let world = World::new(settings()).await;
    let body = json!({"project_id": world.project.to_string(), "items": [{"type": "error", "key": "k", "value": 1, "ttl": 60}]});
    let once = Idempotency::new("p", "POST /x", "key", &body).unwrap();
    let batch = StoreBatch::new(body).unwrap();
    let (first, _) = world.operations.memory.store_batch(batch.clone(), Some(&once)).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(30));
    let (repeat, _) = world.operations.memory.store_batch(batch, Some(&once)).await.unwrap();
    assert!(first[0].created);
    assert_eq!(first, repeat);
    let message = MessageDraft::new(json!({"role": "user", "content": "c"})).unwrap();
    let once = Idempotency::new("p", "POST /y", "key", &json!({})).unwrap();
    let first = world.operations.messages.create(world.project, message.clone(), Some(&once)).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(30));
    let repeat = world.operations.messages.create(world.project, message, Some(&once)).await.unwrap();
    assert_eq!(first, repeat, "id, time and version are those of the first");
}

#[tokio::test]
async fn a_context_holds_the_last_messages_and_asks_for_the_last_question() {
    let world = World::new(settings()).await;
    world.put("cache", json!("the session cache refuses connections")).await;
    for (role, content) in
        [("user", "why does the cache refuse?"), ("ai_pm", "one"), ("system", "two"), ("ai_pm", "three")]
    {
        let draft = MessageDraft::new(json!({"role": role, "content": content})).unwrap();
        world.operations.messages.create(world.project, draft, None).await.unwrap();
        world.clock.advance(SignedDuration::from_secs(1));
    }
    let get = async |query: &[(&str, &str)]| {
        let pairs = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = ContextRequest::new(Fields::of_query(pairs)).unwrap();
        world.operations.contexts.get(world.project, request).await.unwrap()
    };
    let context = get(&[]).await;
    assert_eq!(context.query, "why does the cache refuse?", "although it is not among the last three");
    assert_eq!(
        context.messages.iter().map(|message| &*message.content).collect::<Vec<_>>(),
        ["one", "two", "three"]
    );
    assert_eq!(context.items.len(), 1);
    assert!(context.confidence > 0.0 && context.confidence < 1.0);
    let context = get(&[("query", "")]).await;
    assert_eq!(
        (context.items.len(), context.confidence, context.sufficient),
        (1, 0.0, false),
        "the newest, unasked"
    );
    let context = get(&[("query", "zebra")]).await;
    assert_eq!((context.items.len(), context.confidence), (0, 0.0));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_never_an_empty_answer() {
    let world = World::new(settings()).await;
    world.put("k", json!("words")).await;
    world.store.fail(true);
    let unavailable = |error: Error| matches!(error, Error::StoreUnavailable(_));
    let list = ProjectList::new(Fields::of_query(Vec::new())).unwrap();
    assert!(unavailable(world.operations.projects.list(&list, None).await.unwrap_err()));
    assert!(unavailable(world.operations.projects.get(world.project).await.unwrap_err()));
    assert!(unavailable(world.operations.memory.count(world.project).await.unwrap_err()));
    assert!(unavailable(world.operations.memory.clear(world.project, &Actor::shell()).await.unwrap_err()));
    let request = pm_core::operations::RecallRequest::new(
        json!({"project_id": world.project.to_string(), "query": "words"}),
    );
    assert!(unavailable(world.operations.recall.recall(&request.unwrap()).await.unwrap_err()));
    world.store.fail(false);
    assert_eq!(world.operations.memory.count(world.project).await.unwrap().total(), 1);
}

#[tokio::test]
async fn timestamps_are_cut_to_what_stores_keep() {
    let draft = ItemDraft::new(
        json!({"type": "error", "key": "k", "value": 1, "timestamp": "2026-03-05T14:07:00.123456789Z"}),
    );
    let item = draft.unwrap().at(ProjectId::new(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH, Some(7));
    assert_eq!(item.timestamp.to_string(), "2026-03-05T14:07:00.123456Z");
    assert_eq!(item.expires_at.unwrap().as_second(), 7, "lives from when it was stored");
}
