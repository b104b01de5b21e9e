//! The embedded store against the store in memory: the same calls have the same answers.

use std::fmt::Debug;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pm_core::model::{
    JsonText, Key, Match, MemoryItem, MemoryType, Message, MessageId, Precondition, Project, ProjectId,
    ProjectStatus, Role, SessionId, Version,
};
use pm_core::ports::{
    Change, Changes, Clock, Follower, ItemFilter, ItemLimit, ItemPosition, ItemSort, ItemVector, LimitPolicy,
    ManualClock, MessageFilter, MessagePosition, ModelTag, Once, Order, PageRequest, ProjectFilter,
    ProjectSort, PutItems, Stamp, Store,
};
use pm_store::embedded::EmbeddedStore;
use pm_store::memory::MemoryStore;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

/// What may happen; projects, keys and times are small numbers, so that calls meet.
#[derive(Clone, Debug)]
enum Step {
    CreateProject {
        project: u8,
        once: Option<(u8, u8)>,
    },
    SetStatus {
        project: u8,
        archived: bool,
        expected: u64,
    },
    DeleteProject {
        project: u8,
        condition: Precondition,
    },
    ListProjects {
        status: Option<bool>,
        search: Option<String>,
        sort: u8,
        order: Order,
        limit: usize,
    },
    Put {
        project: u8,
        items: Vec<Draft>,
        condition: Precondition,
        limit: Option<ItemLimit>,
        once: Option<(u8, u8)>,
    },
    Delete {
        project: u8,
        types: Vec<MemoryType>,
        key: u8,
        condition: Precondition,
    },
    Clear {
        project: u8,
    },
    ListItems {
        project: u8,
        filter: ItemFilter,
        sort: ItemSort,
        order: Order,
        limit: usize,
    },
    Scan {
        project: u8,
        after: Option<(MemoryType, u8)>,
        limit: usize,
    },
    /// The vectors of an item, as of now or of a version.
    Embed {
        project: u8,
        r#type: MemoryType,
        key: u8,
        version: Option<u64>,
        model: u64,
    },
    ScanVectors {
        project: u8,
        after: Option<(MemoryType, u8)>,
        limit: usize,
        model: u64,
    },
    Say {
        project: u8,
        message: u8,
        time: i64,
        once: Option<(u8, u8)>,
    },
    Unsay {
        project: u8,
        message: u8,
        condition: Precondition,
    },
    ListMessages {
        project: u8,
        filter: MessageFilter,
        order: Order,
        limit: usize,
    },
    Advance {
        seconds: i64,
    },
    Sweep,
}

#[derive(Clone, Debug)]
struct Draft {
    r#type: MemoryType,
    key: u8,
    time: i64,
    ttl: Option<i64>,
    session: Option<u8>,
}

const KEYS: [&str; 6] = ["a", "a%", "b", "A", "a\u{10ffff}", "é"];

fn key(n: u8) -> Key {
    Key::new(KEYS[usize::from(n) % KEYS.len()]).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn project_id(n: u8) -> ProjectId {
    ProjectId::new(Uuid::from_u128(u128::from(n)))
}

fn message_id(n: u8) -> MessageId {
    MessageId::new(Uuid::from_u128(u128::from(n)))
}

fn session(n: u8) -> SessionId {
    SessionId::new(&format!("s{n}")).unwrap()
}

fn steps() -> impl Strategy<Value = Step> {
    let project = || 0..3_u8;
    let order = || prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    let kind = || prop::sample::select(&MemoryType::ALL[..]);
    let once = || option::weighted(0.2, (0..3_u8, 0..2_u8));
    let versions =
        || vec(1..12_u64, 1..4).prop_map(|n| Match::Versions(n.into_iter().map(Version).collect()));
    let matched = move || prop_oneof![Just(Match::Any), versions()];
    let condition = move || {
        let fields = (option::weighted(0.2, matched()), option::weighted(0.2, matched()));
        fields.prop_map(|(if_match, if_none_match)| Precondition { if_match, if_none_match })
    };
    let policy = prop_oneof![Just(LimitPolicy::Reject), Just(LimitPolicy::EvictOldest)];
    let limit = (0..6_usize, policy).prop_map(|(max, policy)| ItemLimit { max, policy });
    let draft = (kind(), 0..6_u8, 0..4_i64, option::of(0..6_i64), option::of(0..2_u8))
        .prop_map(|(r#type, key, time, ttl, session)| Draft { r#type, key, time, ttl, session });
    let span = || (option::weighted(0.3, 0..4_i64), option::weighted(0.3, 0..4_i64));
    let filter =
        (option::of(kind()), option::weighted(0.3, 0..2_u8), option::weighted(0.4, "[a%é]?"), span())
            .prop_map(|(r#type, by, prefix, (since, until))| ItemFilter {
                r#type,
                session_id: by.map(session),
                prefix,
                since: since.map(at),
                until: until.map(at),
            });
    let messages = (option::weighted(0.3, prop::sample::select(vec![Role::User, Role::System])), span())
        .prop_map(|(role, (since, until))| MessageFilter {
            role,
            session_id: None,
            since: since.map(at),
            until: until.map(at),
        });
    let sort = prop_oneof![Just(ItemSort::Timestamp), Just(ItemSort::Key)];
    prop_oneof![
        3 => (project(), once()).prop_map(|(project, once)| Step::CreateProject { project, once }),
        1 => (project(), any::<bool>(), 1..20_u64)
            .prop_map(|(project, archived, expected)| Step::SetStatus { project, archived, expected }),
        1 => (project(), condition())
            .prop_map(|(project, condition)| Step::DeleteProject { project, condition }),
        1 => (option::of(any::<bool>()), option::of("[pPé0-2]?"), 0..3_u8, order(), 1..4_usize).prop_map(
            |(status, search, sort, order, limit)| Step::ListProjects { status, search, sort, order, limit }
        ),
        8 => (project(), vec(draft, 0..4), condition(), option::of(limit), once()).prop_map(
            |(project, items, condition, limit, once)| Step::Put { project, items, condition, limit, once }
        ),
        2 => (project(), vec(kind(), 0..4), 0..6_u8, condition())
            .prop_map(|(project, types, key, condition)| Step::Delete { project, types, key, condition }),
        1 => project().prop_map(|project| Step::Clear { project }),
        4 => (project(), filter, sort, order(), 1..5_usize).prop_map(
            |(project, filter, sort, order, limit)| Step::ListItems { project, filter, sort, order, limit }
        ),
        1 => (project(), option::of((kind(), 0..6_u8)), 0..5_usize)
            .prop_map(|(project, after, limit)| Step::Scan { project, after, limit }),
        4 => (project(), kind(), 0..6_u8, option::weighted(0.2, 1..12_u64), 0..2_u64).prop_map(
            |(project, r#type, key, version, model)| Step::Embed { project, r#type, key, version, model }
        ),
        2 => (project(), option::of((kind(), 0..6_u8)), 0..5_usize, 0..2_u64)
            .prop_map(|(project, after, limit, model)| Step::ScanVectors { project, after, limit, model }),
        2 => (project(), 0..4_u8, 0..4_i64, once())
            .prop_map(|(project, message, time, once)| Step::Say { project, message, time, once }),
        1 => (project(), 0..4_u8, condition())
            .prop_map(|(project, message, condition)| Step::Unsay { project, message, condition }),
        1 => (project(), messages, order(), 1..3_usize)
            .prop_map(|(project, filter, order, limit)| Step::ListMessages { project, filter, order, limit }),
        2 => (1..4_i64).prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::Sweep),
    ]
}

/// One of the two stores, with what a run of steps carries along.
struct Side {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    /// By project, of those that are there.
    followers: [Option<Box<dyn Follower>>; 3],
}

fn shown(outcome: impl Debug) -> String {
    format!("{outcome:?}")
}

/// The order among what is swept is no one's business.
fn in_order(step: &Step, mut changes: Vec<Change>) -> Vec<Change> {
    if matches!(step, Step::Sweep) {
        changes.sort_by_key(|change| match change {
            Change::Removed(r#type, key) => (*r#type, key.clone()),
            other => panic!("{other:?}"),
        });
    }
    changes
}

impl Side {
    fn new(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Self {
        Self { store, clock, followers: Default::default() }
    }

    /// A record; each kind of write has scopes of its own.
    fn once(&self, kind: u8, once: Option<(u8, u8)>) -> Option<Once> {
        once.map(|(scope, fingerprint)| Once {
            scope: [kind + scope; 32],
            fingerprint: [fingerprint; 32],
            stamp: Stamp { id: Uuid::from_u128(u128::from(scope)), at: self.clock.now() },
            expires_at: self.clock.now() + SignedDuration::from_secs(5),
        })
    }

    /// Does the step; what it answered, and what the followers saw.
    async fn take(&mut self, step: &Step) -> (String, Vec<String>) {
        let answer = self.answer(step).await;
        let mut seen = Vec::new();
        for (project, place) in (0..).zip(&mut self.followers) {
            let Some(follower) = place else {
                let followed = self.store.follow(project_id(project)).await;
                seen.push(shown(followed.as_ref().map(drop)));
                *place = followed.ok();
                continue;
            };
            let changes = match follower.changes().await {
                Ok(Changes::Since(changes)) => changes,
                Ok(Changes::Lost) => panic!("lost"),
                Err(error) => {
                    seen.push(shown(error));
                    *place = None;
                    continue;
                }
            };
            seen.push(shown(in_order(step, changes)));
        }
        (answer, seen)
    }

    async fn answer(&mut self, step: &Step) -> String {
        let store = &*self.store;
        match step.clone() {
            Step::CreateProject { project, once } => {
                // Ids are new, as the port asks for.
                let id = project_id(project);
                if store.project(id).await.unwrap().is_some() {
                    return String::new();
                }
                let project = Project {
                    id,
                    name: format!("Project {project}"),
                    description: (project == 1).then(|| "É".to_owned()),
                    status: ProjectStatus::Active,
                    metadata: None,
                    created_at: at(i64::from(project) % 2),
                    updated_at: at(0),
                };
                shown(store.create_project(&project, self.once(0, once).as_ref()).await)
            }
            Step::SetStatus { project, archived, expected } => {
                let found = store.project(project_id(project)).await.unwrap();
                let Some(mut found) = found else { return String::new() };
                found.value.status = if archived { ProjectStatus::Archived } else { ProjectStatus::Active };
                let expected = if expected < 16 { found.version } else { Version(expected) };
                shown(store.replace_project(&found.value, expected).await)
            }
            Step::DeleteProject { project, condition } => {
                shown(store.delete_project(project_id(project), &condition).await)
            }
            Step::ListProjects { status, search, sort, order, limit } => {
                let status =
                    status.map(|active| if active { ProjectStatus::Active } else { ProjectStatus::Archived });
                let sort =
                    [ProjectSort::CreatedAt, ProjectSort::UpdatedAt, ProjectSort::Name][usize::from(sort)];
                let request = PageRequest { sort, order, after: None, limit };
                shown(store.projects(&ProjectFilter { status, search }, &request).await)
            }
            Step::Put { project, items, condition, limit, once } => {
                let put = PutItems {
                    items: self.items(project, &items),
                    condition,
                    limit,
                    once: self.once(10, once),
                };
                shown(store.put_items(project_id(project), &put).await)
            }
            Step::Delete { project, types, key: name, condition } => {
                shown(store.delete_items(project_id(project), &types, &key(name), &condition).await)
            }
            Step::Clear { project } => shown(store.clear_items(project_id(project)).await),
            Step::ListItems { project, filter, sort, order, limit } => {
                self.list_items(project_id(project), &filter, PageRequest { sort, order, after: None, limit })
                    .await
            }
            Step::Scan { project, after, limit } => {
                let after = after.map(|(r#type, name)| (r#type, key(name)));
                shown(store.scan_items(project_id(project), after.as_ref(), limit).await)
            }
            Step::Embed { .. } | Step::ScanVectors { .. } => self.answer_on_vectors(step).await,
            Step::Say { project, message, time, once } => {
                let id = message_id(message);
                if store.message(project_id(project), id).await.unwrap().is_some() {
                    return String::new();
                }
                let message = Message {
                    id,
                    project_id: project_id(project),
                    role: if time > 1 { Role::User } else { Role::System },
                    content: "hello".to_owned(),
                    timestamp: at(time),
                    session_id: None,
                    metadata: None,
                };
                shown(store.create_message(&message, self.once(20, once).as_ref()).await)
            }
            Step::Unsay { project, message, condition } => {
                shown(store.delete_message(project_id(project), message_id(message), &condition).await)
            }
            Step::ListMessages { project, filter, order, limit } => {
                let mut request = PageRequest { sort: (), order, after: None, limit };
                let first = store.list_messages(project_id(project), &filter, &request).await;
                let last = first.as_ref().ok().and_then(|page| page.entries.last());
                request.after = last.map(|last| MessagePosition::of(&last.value));
                let next = store.list_messages(project_id(project), &filter, &request).await;
                shown((first, next))
            }
            Step::Advance { seconds } => {
                self.clock.advance(SignedDuration::from_secs(seconds));
                let mut counts = Vec::new();
                for project in 0..3 {
                    counts.push(store.count_items(project_id(project)).await);
                }
                shown(counts)
            }
            Step::Sweep => shown(store.sweep(1000).await),
        }
    }

    async fn answer_on_vectors(&self, step: &Step) -> String {
        let store = &*self.store;
        match step.clone() {
            Step::Embed { project, r#type, key: name, version, model } => {
                let (project, key) = (project_id(project), key(name));
                let there = store.item(project, r#type, &key).await.unwrap().map(|item| item.version);
                let version = version.map(Version).or(there).unwrap_or(Version(1));
                let bytes = shown((version, model)).into_bytes();
                let vector = ItemVector { r#type, key, version, bytes };
                shown(store.put_vectors(project, ModelTag(model), &[vector]).await)
            }
            Step::ScanVectors { project, after, limit, model } => {
                let (project, model) = (project_id(project), ModelTag(model));
                let after = after.map(|(r#type, name)| (r#type, key(name)));
                let names: Vec<_> = (0..6).map(|name| (MemoryType::Context, key(name))).collect();
                shown((
                    store.scan_vectors(project, model, after.as_ref(), limit).await,
                    store.scan_unembedded(project, model, after.as_ref(), limit).await,
                    store.vectors(project, model, &names).await,
                ))
            }
            other => panic!("{other:?} is not about vectors"),
        }
    }

    async fn list_items(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        mut request: PageRequest<ItemSort, ItemPosition>,
    ) -> String {
        let first = self.store.list_items(project, filter, &request).await;
        let last = first.as_ref().ok().and_then(|page| page.entries.last());
        request.after = last.map(|last| ItemPosition::of(&last.value, request.sort));
        let next = self.store.list_items(project, filter, &request).await;
        shown((first, next))
    }

    /// The items of the drafts, none of them twice.
    fn items(&self, project: u8, drafts: &[Draft]) -> Vec<MemoryItem> {
        let mut items: Vec<MemoryItem> = Vec::new();
        for Draft { r#type, key: name, time, ttl, session: of } in drafts {
            if items.iter().any(|item| item.r#type == *r#type && item.key == key(*name)) {
                continue;
            }
            items.push(MemoryItem {
                project_id: project_id(project),
                r#type: *r#type,
                key: key(*name),
                value: JsonText::of(&(*time).into()),
                timestamp: at(*time),
                ttl: ttl.and_then(|ttl| u64::try_from(ttl).ok()),
                expires_at: ttl.map(|ttl| self.clock.now() + SignedDuration::from_secs(ttl)),
                session_id: of.map(session),
                metadata: None,
                importance: None,
            });
        }
        items
    }
}

async fn run(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let clocks = [0, 1].map(|_| Arc::new(ManualClock::new(at(1_000_000))));
    let embedded = EmbeddedStore::open(folder.path(), clocks[0].clone()).await.unwrap();
    let memory = MemoryStore::new(clocks[1].clone());
    let mut sides = [Side::new(embedded, clocks[0].clone()), Side::new(memory, clocks[1].clone())];
    for (n, step) in steps.iter().enumerate() {
        let [embedded, memory] = &mut sides;
        assert_eq!(embedded.take(step).await, memory.take(step).await, "step {n}: {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_answer_alike(steps in vec(steps(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
