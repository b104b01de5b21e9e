//! Keys are remembered for as long as the vault says that they hold. On a paused clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use pm_core::Error;
use pm_core::model::KeyDraft;
use pm_core::operations::{Audit, Keys, WATCH_EVERY};
use pm_core::policy::{Actor, Principal};
use pm_core::ports::{ManualClock, RandomIds};
use pm_store::memory::MemoryStore;
use serde_json::json;
use tokio::time::sleep;

struct World {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    keys: Arc<Keys>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
        let store = MemoryStore::new(clock.clone());
        let keys = Self::node(&store, &clock);
        Self { store, clock, keys }
    }

    /// Another node over the same vault.
    fn node(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Arc<Keys> {
        let ids = Arc::new(RandomIds);
        let audit = Audit::over(store.clone(), clock.clone(), ids.clone(), None);
        Arc::new(Keys::over(store.clone(), clock.clone(), ids, Arc::new(audit)))
    }

    async fn watched(&self) {
        let keys = self.keys.clone();
        tokio::spawn(async move { keys.watch().await });
        sleep(Duration::from_millis(1)).await;
    }

    async fn made(&self) -> (String, String) {
        let draft = KeyDraft::new(json!({"name": "k", "scopes": ["read"]})).unwrap();
        let (shown, text) = self.keys.create(draft, &Actor::shell()).await.unwrap();
        (shown.id, text.expose())
    }

    async fn lets_in(&self, key: &str) -> bool {
        self.keys.authenticate(key).await.unwrap().is_some()
    }

    fn asked(&self) -> usize {
        self.store.take_calls().get("record").copied().unwrap_or_default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_looked_up_once_and_its_use_noted_once_a_minute() {
    let world = World::new();
    world.watched().await;
    let (_, key) = world.made().await;
    world.store.take_calls();
    for _ in 0..100 {
        assert!(world.lets_in(&key).await);
    }
    sleep(Duration::from_millis(1)).await;
    let calls = world.store.take_calls();
    let times = |name: &str| calls.get(name).copied().unwrap_or_default();
    assert_eq!((times("record"), times("put_record")), (1, 1), "{calls:?}");
    world.clock.advance(SignedDuration::from_secs(61));
    sleep(WATCH_EVERY).await;
    assert!(world.lets_in(&key).await);
    sleep(Duration::from_millis(1)).await;
    assert!(world.store.take_calls().contains_key("put_record"));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_is_heeded_here_at_once_and_elsewhere_within_a_second() {
    let world = World::new();
    world.watched().await;
    let other = World::node(&world.store, &world.clock);
    let (first, second) = (world.made().await, world.made().await);
    assert!(world.lets_in(&first.1).await && world.lets_in(&second.1).await);
    world.keys.revoke(&first.0, &Actor::shell()).await.unwrap();
    assert!(!world.lets_in(&first.1).await && world.lets_in(&second.1).await);
    other.revoke(&second.0, &Actor::shell()).await.unwrap();
    assert!(world.lets_in(&second.1).await, "it has not heard of it yet");
    sleep(WATCH_EVERY).await;
    assert!(!world.lets_in(&second.1).await);
    assert!(matches!(world.keys.revoke(&first.0, &Actor::shell()).await, Err(Error::KeyNotFound)));
}

#[tokio::test(start_paused = true)]
async fn while_the_vault_is_away_what_is_remembered_holds_for_a_moment_alone() {
    let world = World::new();
    world.watched().await;
    let (_, key) = world.made().await;
    assert!(world.lets_in(&key).await);
    world.asked();
    world.store.fail(true);
    world.clock.advance(SignedDuration::from_secs(4));
    assert!(world.lets_in(&key).await);
    world.clock.advance(SignedDuration::from_secs(2));
    assert!(matches!(world.keys.authenticate(&key).await, Err(Error::StoreUnavailable(_))));
    world.store.fail(false);
    assert!(world.lets_in(&key).await);
}

#[tokio::test(start_paused = true)]
async fn without_a_watch_nothing_is_remembered() {
    let world = World::new();
    let (_, key) = world.made().await;
    world.asked();
    assert!(world.lets_in(&key).await && world.lets_in(&key).await);
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_bootstrap_key_lasts_until_an_administrator_is_there() {
    let world = World::new();
    world.made().await;
    let bootstrap = world.keys.bootstrap().await.unwrap().unwrap().expose();
    assert!(world.lets_in(&bootstrap).await);
    assert!(world.keys.bootstrap().await.unwrap().is_none(), "one a process");
    let draft = KeyDraft::new(json!({"name": "a", "scopes": ["admin"]})).unwrap();
    world.keys.create(draft, &Actor::local(Principal::bootstrap())).await.unwrap();
    assert!(!world.lets_in(&bootstrap).await);
    let later = World::node(&world.store, &world.clock);
    assert!(later.bootstrap().await.unwrap().is_none());
}
