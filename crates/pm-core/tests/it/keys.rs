//! Keys are remembered for as long as the vault says that they hold. On a paused clock.

use std::time::Duration;

use jiff::SignedDuration;
use pm_core::Error;
use pm_core::model::KeyDraft;
use pm_core::operations::WATCH_EVERY;
use pm_core::policy::{Actor, Principal};
use serde_json::json;
use tokio::time::sleep;

use crate::door::{Door, Vault};

impl Door {
    async fn made(&self) -> (String, String) {
        let draft = KeyDraft::new(json!({"name": "k", "scopes": ["read"]})).unwrap();
        let (shown, text) = self.keys.create(draft, &Actor::shell()).await.unwrap();
        (shown.id, text.expose())
    }
}

impl Vault {
    fn asked(&self) -> usize {
        self.store.take_calls().get("record").copied().unwrap_or_default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_looked_up_once_and_its_use_noted_once_a_minute() {
    let vault = Vault::new();
    let door = vault.door();
    door.watched().await;
    let (_, key) = door.made().await;
    vault.store.take_calls();
    for _ in 0..100 {
        assert!(door.lets_in(&key).await);
    }
    sleep(Duration::from_millis(1)).await;
    let calls = vault.store.take_calls();
    let times = |name: &str| calls.get(name).copied().unwrap_or_default();
    assert_eq!((times("record"), times("put_record")), (1, 1), "{calls:?}");
    vault.clock.advance(SignedDuration::from_secs(61));
    sleep(WATCH_EVERY).await;
    assert!(door.lets_in(&key).await);
    sleep(Duration::from_millis(1)).await;
    assert!(vault.store.take_calls().contains_key("put_record"));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_is_heeded_here_at_once_and_elsewhere_within_a_second() {
    let vault = Vault::new();
    let door = vault.door();
    door.watched().await;
    let other = vault.door();
    let (first, second) = (door.made().await, door.made().await);
    assert!(door.lets_in(&first.1).await && door.lets_in(&second.1).await);
    door.keys.revoke(&first.0, &Actor::shell()).await.unwrap();
    assert!(!door.lets_in(&first.1).await && door.lets_in(&second.1).await);
    other.keys.revoke(&second.0, &Actor::shell()).await.unwrap();
    assert!(door.lets_in(&second.1).await, "it has not heard of it yet");
    sleep(WATCH_EVERY).await;
    assert!(!door.lets_in(&second.1).await);
    assert!(matches!(door.keys.revoke(&first.0, &Actor::shell()).await, Err(Error::KeyNotFound)));
}

#[tokio::test(start_paused = true)]
async fn while_the_vault_is_away_what_is_remembered_holds_for_a_moment_alone() {
    let vault = Vault::new();
    let door = vault.door();
    door.watched().await;
    let (_, key) = door.made().await;
    assert!(door.lets_in(&key).await);
    vault.asked();
    vault.store.fail(true);
    vault.clock.advance(SignedDuration::from_secs(4));
    assert!(door.lets_in(&key).await);
    vault.clock.advance(SignedDuration::from_secs(2));
    assert!(matches!(door.access.authenticate(&key).await, Err(Error::StoreUnavailable(_))));
    vault.store.fail(false);
    assert!(door.lets_in(&key).await);
}

#[tokio::test(start_paused = true)]
async fn without_a_watch_nothing_is_remembered() {
    let vault = Vault::new();
    let door = vault.door();
    let (_, key) = door.made().await;
    vault.asked();
    assert!(door.lets_in(&key).await && door.lets_in(&key).await);
    assert_eq!(vault.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_bootstrap_key_lasts_until_an_administrator_is_there() {
    let vault = Vault::new();
    let door = vault.door();
    door.made().await;
    let bootstrap = door.access.bootstrap().await.unwrap().unwrap().expose();
    assert!(door.lets_in(&bootstrap).await);
    assert!(door.access.bootstrap().await.unwrap().is_none(), "one a process");
    let draft = KeyDraft::new(json!({"name": "a", "scopes": ["admin"]})).unwrap();
    door.keys.create(draft, &Actor::local(Principal::bootstrap())).await.unwrap();
    assert!(!door.lets_in(&bootstrap).await);
    let later = vault.door();
    assert!(later.access.bootstrap().await.unwrap().is_none());
}
