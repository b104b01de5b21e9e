//! The audit record: what is in it, and what becomes of a deed where it cannot be kept.

use std::fmt::{Debug, Write};
use std::future::Future;
use std::sync::{Arc, Mutex, Once};
use std::task::{Context, Waker};

use async_trait::async_trait;
use jiff::SignedDuration;
use pm_core::input::Fields;
use pm_core::model::{Act, AuditEntry, Key, KeyDraft, MemoryType, Precondition, ProjectId, Target};
use pm_core::operations::{Audit, AuditList, DeleteRequest, Operations, Ports, StoreItem, VaultPorts};
use pm_core::policy::{Actor, Principal};
use pm_core::ports::{Content, Expected, IdRange, ManualClock, Order, RandomIds, Record, Shelf, Vault};
use pm_core::{Error, Result};
use pm_store::memory::MemoryStore;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};

use crate::operations::{World, settings};

async fn entries(audit: &Audit, query: &[(&str, &str)]) -> Vec<AuditEntry> {
    let pairs = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    audit.list(&AuditList::new(Fields::of_query(pairs)).unwrap()).await.unwrap().entries
}

/// Each entry of a world, newest first: its act, and what it was done to.
async fn told(world: &World) -> Vec<(String, Target)> {
    let entries = entries(&world.operations.audit, &[]).await;
    entries.into_iter().map(|entry| (entry.act, entry.target)).collect()
}

fn context(project: ProjectId, key: &str) -> DeleteRequest {
    DeleteRequest::one(project, MemoryType::Context, Key::new(key).unwrap())
}

/// A vault in which nothing can be put on the shelf of the audit record.
#[derive(Debug)]
struct Full(Arc<MemoryStore>);

#[async_trait]
impl Vault for Full {
    async fn record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>> {
        self.0.record(shelf, id).await
    }

    async fn records_within(
        &self,
        shelf: Shelf,
        range: IdRange<'_>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>> {
        self.0.records_within(shelf, range, order, limit).await
    }

    async fn count_records(&self, shelf: Shelf, range: IdRange<'_>) -> Result<u64> {
        self.0.count_records(shelf, range).await
    }

    async fn put_record(
        &self,
        shelf: Shelf,
        id: &str,
        content: &Content,
        expected: Expected,
    ) -> Result<Option<u64>> {
        match shelf {
            Shelf::Audit => Err(Error::unavailable("the disk is full")),
            shelf => self.0.put_record(shelf, id, content, expected).await,
        }
    }

    async fn remove_record(&self, shelf: Shelf, id: &str) -> Result<bool> {
        self.0.remove_record(shelf, id).await
    }

    async fn revision(&self) -> Result<u64> {
        self.0.revision().await
    }
}

/// Keeps the events of the audit record as lines: level, then fields. There is one for all tests: what a thread without
/// any meets first is taken to be of interest to none.
struct Logged;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LOGGED: Once = Once::new();

impl Logged {
    fn start() {
        LOGGED.call_once(|| tracing::subscriber::set_global_default(Self).unwrap());
    }

    /// The lines that this is in.
    fn with(part: &str) -> Vec<String> {
        LINES.lock().unwrap().iter().filter(|line| line.contains(part)).cloned().collect()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Logged {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "audit"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn an_entry_says_who_did_what_from_where_and_nothing_of_its_value() {
    Logged::start();
    let world = World::new(settings()).await;
    let memory = &world.operations.memory;
    world.put("k", json!("a secret")).await;
    let by = Actor {
        principal: Principal::bootstrap().into(),
        client: Some("192.0.2.7".to_owned()),
        request_id: Some("r1".to_owned()),
    };
    memory.delete(&context(world.project, "k"), &Precondition::NONE, &by).await.unwrap();
    let listed = entries(&world.operations.audit, &[]).await;
    let entry = listed.first().unwrap();
    let target = json!({"project_id": world.project, "type": "context", "key": "k"});
    assert_eq!(
        serde_json::to_value(entry).unwrap(),
        json!({"id": entry.id, "at": "2026-03-05T14:07:00Z", "actor": "bootstrap", "name": "bootstrap",
            "act": "memory_deleted", "target": target, "client": "192.0.2.7", "request_id": "r1"})
    );
    assert_eq!(listed.len(), 1);
    let lines = Logged::with("request_id=\"r1\"");
    assert_eq!(lines.len(), 1);
    let line = lines.first().unwrap();
    assert!(line.starts_with("INFO ") && line.contains("act=\"memory_deleted\""), "{line}");
    assert!(line.contains("client=\"192.0.2.7\"") && !line.contains("secret"), "{line}");
}

#[tokio::test]
async fn what_changed_nothing_is_not_recorded_and_each_item_that_went_is() {
    let world = World::new(settings()).await;
    let (project, by) = (world.project, Actor::shell());
    let Operations { memory, projects, keys, .. } = &world.operations;
    assert!(memory.delete(&context(project, "k"), &Precondition::NONE, &by).await.is_err());
    assert!(projects.delete(project, &Precondition::never(), &by).await.is_err());
    assert!(keys.revoke("0", &by).await.is_err());
    assert_eq!(told(&world).await, []);

    for r#type in ["error", "solution"] {
        let body = json!({"project_id": project, "type": r#type, "key": "k", "value": 1});
        let request = StoreItem::new(body).unwrap();
        memory.store(request, Precondition::NONE, None).await.unwrap();
    }
    let pairs = [("project_id".to_owned(), project.to_string()), ("key".to_owned(), "k".to_owned())];
    let request = DeleteRequest::new(Fields::of_query(pairs.into())).unwrap();
    memory.delete(&request, &Precondition::NONE, &by).await.unwrap();
    let mut gone: Vec<_> = told(&world).await.into_iter().map(|(act, target)| (act, target.r#type)).collect();
    gone.sort_unstable();
    let deleted = |r#type| (Act::MemoryDeleted.as_str().to_owned(), Some(r#type));
    assert_eq!(gone, [deleted(MemoryType::Error), deleted(MemoryType::Solution)]);

    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(memory.clear(project, &by).await.unwrap(), 0);
    let cleared = Target { count: Some(0), ..Target::project(project) };
    assert_eq!(told(&world).await.first(), Some(&("memory_cleared".to_owned(), cleared)));
}

/// Whoever asks for a deed and hangs up at once does not keep it out of the record.
#[tokio::test]
async fn a_deed_that_nobody_waits_for_is_recorded() {
    let world = World::new(settings()).await;
    let by = Actor::shell();
    {
        let mut asked = Box::pin(world.operations.projects.delete(world.project, &Precondition::NONE, &by));
        let mut context = Context::from_waker(Waker::noop());
        assert!(asked.as_mut().poll(&mut context).is_pending());
    }
    while told(&world).await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(world.operations.projects.get(world.project).await, Err(Error::ProjectNotFound)));
    assert_eq!(told(&world).await, [("project_deleted".to_owned(), Target::project(world.project))]);
}

#[tokio::test]
async fn where_the_record_cannot_be_kept_the_deed_is_done_and_the_log_has_all_of_it() {
    Logged::start();
    let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
    let store = MemoryStore::new(clock.clone());
    let vault = Arc::new(Full(store.clone()));
    let ports = Ports { store, vault, clock, ids: Arc::new(RandomIds), embedder: None };
    let operations = Operations::new(&ports, &settings());
    let draft = KeyDraft::new(json!({"name": "k", "scopes": ["read"]})).unwrap();
    let (key, text) = operations.keys.create(draft, &Actor::shell()).await.unwrap();
    operations.keys.revoke(&key.id, &Actor::shell()).await.unwrap();
    assert!(operations.access.authenticate(&text.expose()).await.unwrap().is_none());
    assert_eq!(entries(&operations.audit, &[]).await, []);
    let lines = Logged::with(&key.id);
    assert_eq!(lines.len(), 2);
    for (line, act) in lines.iter().zip(["key_created", "key_revoked"]) {
        for part in ["ERROR ", "actor=\"shell\"", "name=\"shell\"", "at=\"2026-03-05T14:07:00Z\"", "error="] {
            assert!(line.contains(part), "{part}: {line}");
        }
        let (act, id) = (format!("act=\"{act}\""), format!("key_id=\"{}\"", key.id));
        assert!(line.contains(&act) && line.contains(&id), "{line}");
        assert!(!line.contains(text.expose().rsplit('_').next().unwrap()), "{line}");
    }
}

#[tokio::test]
async fn entries_are_listed_newest_first_by_time_and_end_by_themselves() {
    let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
    let store = MemoryStore::new(clock.clone());
    let day = SignedDuration::from_hours(24);
    let ports = VaultPorts { vault: store.clone(), clock: clock.clone(), ids: Arc::new(RandomIds) };
    let audit = Audit::over(ports, Some(day));
    for n in 0..5 {
        assert!(audit.append(&Actor::shell(), Act::Login, Target::user(&n.to_string())).await);
        clock.advance(SignedDuration::from_micros(1));
    }
    let users = async |query: &[(&str, &str)]| -> String {
        let entries = entries(&audit, query).await;
        entries.into_iter().map(|entry| entry.target.user.unwrap()).collect()
    };
    let (second, fourth) = ("2026-03-05T14:07:00.000001Z", "2026-03-05T15:07:00.000003+01:00");
    assert_eq!(users(&[]).await, "43210");
    assert_eq!(users(&[("since", second), ("until", fourth)]).await, "21");
    assert_eq!(users(&[("since", fourth), ("until", second)]).await, "");
    assert_eq!(users(&[("since", "0000-01-01T00:00:00Z"), ("until", "9999-12-31T23:59:59Z")]).await, "43210");

    // What another version wrote can be read.
    let strange = json!({"id": "019f0000-0000-7000-8000-000000000000", "at": "2026-03-05T14:07:00Z",
        "actor": "key:1", "name": "k", "act": "flew", "target": {"user": "5", "moon": 1}, "more": true});
    let content = Content { body: strange.to_string(), expires_at: None };
    let id = strange.get("id").and_then(|id| id.as_str()).unwrap();
    store.put_record(Shelf::Audit, id, &content, Expected::Absent).await.unwrap();
    assert_eq!(users(&[]).await, "543210");
    clock.advance(day - SignedDuration::from_micros(3));
    assert_eq!(users(&[]).await, "543");
    clock.advance(day);
    assert_eq!(users(&[]).await, "5");
}

#[tokio::test]
async fn pages_cover_the_record_and_a_cursor_belongs_to_its_filter() {
    let world = World::new(settings()).await;
    let audit = &world.operations.audit;
    // All at one moment.
    for _ in 0..7 {
        assert!(audit.append(&Actor::shell(), Act::Logout, Target::default()).await);
    }
    let all: Vec<_> = entries(audit, &[]).await.into_iter().map(|entry| entry.id).collect();
    assert!(all.len() == 7 && all.is_sorted_by(|a, b| a > b), "{all:?}");
    let list = async |since: &str, cursor: Option<String>| {
        let mut pairs = vec![("limit".to_owned(), "3".to_owned()), ("since".to_owned(), since.to_owned())];
        pairs.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor)));
        audit.list(&AuditList::new(Fields::of_query(pairs)).unwrap()).await
    };
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = list("2026-03-05T14:07:00Z", cursor).await.unwrap();
        assert_eq!(page.total, 7);
        seen.extend(page.entries.into_iter().map(|entry| entry.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
        assert!(list("2026-03-05T14:06:00Z", cursor.clone()).await.is_err());
    }
    assert_eq!(seen, all);
}
