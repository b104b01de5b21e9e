//! Something to ask for: projects, items, messages, keys and a user with a session, the same at each start.

use std::sync::Arc;
use std::time::Duration;

use pm_core::model::{
    Grant, ItemDraft, KeyDraft, MessageDraft, Password, Precondition, ProjectDraft, ProjectId, Scope,
    UserDraft, UserName,
};
use pm_core::operations::{Algorithm, Operations, Ports, Settings, Signing, Tokens, Users};
use pm_core::policy::{Actor, Principal};
use pm_core::ports::{CountedIds, LimitPolicy, ManualClock};
use pm_store::memory::MemoryStore;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::Outcome;

/// What tokens are signed with here.
pub(crate) const SIGNING_KEY: &[u8] = b"the key of the fuzzer, which signs tokens that it made up";
/// When everything happens.
pub(crate) const NOW: &str = "2026-03-05T14:07:00Z";
/// Who logs in.
pub(crate) const USER: &str = "eve";
const PASSWORD: &str = "correct horse battery";

/// The operations over a store in memory, with something in it.
pub(crate) struct Stage {
    runtime: Runtime,
    pub(crate) operations: Operations,
    /// The project that has items and messages.
    pub(crate) project: ProjectId,
    /// A key that lets its bearer in.
    pub(crate) key: String,
    /// The key of a server without an administrator.
    pub(crate) bootstrap: String,
    pub(crate) tokens: Tokens,
}

impl Stage {
    pub(crate) fn set() -> Outcome<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let clock = Arc::new(ManualClock::new(NOW.parse()?));
        let store = MemoryStore::new(clock.clone());
        let ports = Ports {
            store: store.clone(),
            vault: store,
            clock,
            ids: Arc::new(CountedIds::default()),
            embedder: None,
        };
        let operations = Operations::new(&ports, &settings());
        let users = Users::over(ports.of_vault(), operations.audit.clone());
        let made = runtime.block_on(fill(&operations, &users))?;
        let (project, key, bootstrap, tokens) = made;
        Ok(Self { runtime, operations, project, key, bootstrap, tokens })
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

async fn fill(operations: &Operations, users: &Users) -> Outcome<(ProjectId, String, String, Tokens)> {
    let mut project = None;
    for name in ["web shop", "ÉTÉ", "0", "語", "web shop"] {
        let made =
            operations.projects.create(ProjectDraft::to_create(json!({ "name": name }))?, None).await?;
        project = Some(made.value.id);
    }
    let project = project.ok_or("there is no project")?;
    for (r#type, key, hour) in
        [("error", "a_b", 9), ("solution", "a_b", 9), ("context", "語", 10), ("dependency", "z", 23)]
    {
        let time = format!("2026-03-05T{hour:02}:00:00Z");
        let body = json!({"type": r#type, "key": key, "value": hour, "timestamp": time});
        operations.memory.put(project, ItemDraft::new(body)?, Precondition::NONE, None).await?;
        let body = json!({"role": "user", "content": key, "timestamp": time});
        operations.messages.create(project, MessageDraft::new(body)?, None).await?;
    }
    let mut key = String::new();
    for name in ["a", "b", "c"] {
        let draft = KeyDraft::new(json!({"name": name, "scopes": ["write"]}))?;
        key = operations.keys.create(draft, &Actor::shell()).await?.1.expose();
    }
    let bootstrap = operations.access.bootstrap().await?.ok_or("there is an administrator")?.expose();
    let (name, password) = (UserName::new(USER)?, || Password::claimed(PASSWORD.to_owned()));
    users
        .add(
            UserDraft { name, password: password(), grant: Grant::everywhere(&[Scope::Write]) },
            &Actor::shell(),
        )
        .await?;
    let tokens =
        operations.sessions.log_in(USER, password(), &nobody()).await?.ok_or("the password is wrong")?;
    Ok((project, key, bootstrap, tokens))
}

/// Whom nobody knows yet.
pub(crate) fn nobody() -> Actor {
    Actor::local(Principal::anonymous())
}

fn settings() -> Settings {
    Settings {
        audit_kept: None,
        max_items: 0,
        limit_policy: LimitPolicy::Reject,
        default_ttl: None,
        context_window: 3,
        confidence_threshold: 0.5,
        index_bytes: 1 << 20,
        embedding_threads: 1,
        query_budget: Duration::ZERO,
        statics: false,
        signing: Signing { algorithm: Algorithm::HS256, key: SIGNING_KEY.to_vec(), previous: None },
        access_token: Duration::from_mins(30),
    }
}
