//! Storing, reading, deleting and counting items.

use jiff::SignedDuration;
use pm_core::Error;
use pm_core::model::{
    JsonText, MemoryItem, MemoryType, Precondition, ProjectId, SessionId, Version, Versioned,
};
use pm_core::ports::LimitPolicy;
use serde_json::json;

use super::Harness;
use super::fixture::{
    at, batch, context, is_there, item, keep, kept_project, key, limited, scanned, store_all, uuid,
};

/// Every field comes back as it was stored, the absent ones absent.
pub async fn keep_every_field(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let value = json!({"text": "a \u{0} \"b\" \\ \u{1f680}", "n": [1, -2.5e300, 0.1, 18_446_744_073_709_551_615_u64, null]});
    let full = MemoryItem {
        value: JsonText::of(&value),
        timestamp: at(-3_000_000_000) + SignedDuration::from_micros(123_456),
        ttl: Some(60),
        expires_at: Some(harness.now() + SignedDuration::from_hours(1)),
        session_id: Some(SessionId::new("s:*").unwrap()),
        metadata: Some(JsonText::of(&json!({"tags": ["x", 1, true], "speaker": "Ann"}))),
        importance: Some(0.1 + 0.2),
        ..item(project, MemoryType::Dependency, "full")
    };
    let large =
        MemoryItem { value: JsonText::of(&"x".repeat(256 * 1024 - 2).into()), ..context(project, "large") };
    let null = MemoryItem { value: JsonText::of(&json!(null)), ..context(project, "null") };
    for item in [full, large, null, context(project, "plain")] {
        let (created, version) = keep(&*store, item.clone()).await;
        assert!(created);
        let expected = Some(Versioned { value: item.clone(), version });
        assert_eq!(store.item(project, item.r#type, &item.key).await.unwrap(), expected);
    }
}

/// The same key stands side by side under each type.
pub async fn are_identified_by_type_and_key(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for (n, r#type) in MemoryType::ALL.into_iter().enumerate() {
        let value = JsonText::of(&json!(n));
        assert!(keep(&*store, MemoryItem { value, ..item(project, r#type, "same") }).await.0);
    }
    for (n, r#type) in MemoryType::ALL.into_iter().enumerate() {
        let found = store.item(project, r#type, &key("same")).await.unwrap().unwrap();
        assert_eq!(found.value.value.to_value(), json!(n));
    }
    assert_eq!(store.item(project, MemoryType::Error, &key("other")).await.unwrap(), None);
}

/// Several are answered each in the place of its name; an absent project has none.
pub async fn are_read_in_order_of_names(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    store_all(&*store, vec![context(project, "a"), context(project, "b")]).await;
    let names = ["b", "absent", "a", "b"].map(|name| (MemoryType::Context, key(name)));
    let found = store.items(project, &names).await.unwrap();
    let keys: Vec<_> = found.iter().map(|item| item.as_ref().map(|item| item.value.key.as_str())).collect();
    assert_eq!(keys, [Some("b"), None, Some("a"), Some("b")]);
    assert_eq!(store.items(project, &[]).await.unwrap(), []);
    let absent = ProjectId::new(uuid());
    assert_eq!(store.items(absent, &names).await.unwrap(), [None, None, None, None]);
    assert_eq!(store.item(absent, MemoryType::Context, &key("a")).await.unwrap(), None);
}

/// A replacement takes the place of all fields and has a greater version.
pub async fn replace_and_raise_the_version(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let rich = MemoryItem {
        session_id: Some(SessionId::new("s").unwrap()),
        metadata: Some(JsonText::of(&json!({"a": 1}))),
        importance: Some(1.0),
        ttl: Some(1000),
        expires_at: Some(harness.now() + SignedDuration::from_hours(1)),
        timestamp: at(5),
        ..context(project, "a")
    };
    let (created, first) = keep(&*store, rich).await;
    let (created_again, second) = keep(&*store, context(project, "a")).await;
    assert!(created && !created_again && second > first);
    let kept = store.item(project, MemoryType::Context, &key("a")).await.unwrap().unwrap();
    assert_eq!(kept, Versioned { value: context(project, "a"), version: second });
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
}

/// All of a batch or none: a refused one leaves no trace, not even of its first items.
pub async fn batches_are_atomic(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let items: Vec<_> = (0..1000).map(|n| context(project, &format!("{n:04}"))).collect();
    let entries = store_all(&*store, items.clone()).await;
    assert_eq!(entries.len(), 1000);
    assert!(entries.iter().all(|(created, _)| *created));
    assert!(entries.windows(2).all(|pair| pair[0].1 < pair[1].1));
    let more = vec![MemoryItem { timestamp: at(1), ..items[0].clone() }, context(project, "beyond")];
    let refused = store.put_items(project, &limited(more, 1000, LimitPolicy::Reject)).await;
    assert_fails!(refused, Error::MemoryLimitReached { limit: 1000 });
    assert_eq!(scanned(&*store, project).await.len(), 1000);
    let kept = store.item(project, MemoryType::Context, &items[0].key).await.unwrap().unwrap();
    assert_eq!((kept.value, kept.version), (items[0].clone(), entries[0].1));
}

/// An empty batch writes nothing but is checked like any other.
pub async fn empty_batches_are_checked(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let written = store.put_items(project, &limited(vec![], 0, LimitPolicy::Reject)).await.unwrap();
    assert_eq!((written.outcome.entries, written.outcome.evicted), (vec![], vec![]));
    let absent = ProjectId::new(uuid());
    assert_fails!(store.put_items(absent, &batch(vec![])).await, Error::ProjectNotFound);
}

/// Deleting takes the types asked for and answers those that were there.
pub async fn are_deleted_by_type(harness: &dyn Harness) {
    use MemoryType::{Context, Dependency, Error as Fault, Solution};
    let store = harness.store();
    let project = kept_project(&*store).await;
    store_all(&*store, [Fault, Solution, Context].map(|r#type| item(project, r#type, "k")).into()).await;
    keep(&*store, context(project, "other")).await;
    let delete = async |types: &[MemoryType]| {
        store.delete_items(project, types, &key("k"), &Precondition::NONE).await.unwrap()
    };
    assert_eq!(delete(&[Dependency]).await, []);
    assert_eq!(delete(&[Solution]).await, [Solution]);
    assert_eq!(delete(&[]).await, []);
    assert_eq!(delete(&MemoryType::ALL).await, [Fault, Context]);
    assert_eq!(delete(&MemoryType::ALL).await, []);
    assert!(is_there(&*store, project, "other").await);
    assert_eq!(store.count_items(project).await.unwrap(), [0, 0, 1, 0]);
    let absent = store.delete_items(ProjectId::new(uuid()), &[Context], &key("k"), &Precondition::NONE).await;
    assert_fails!(absent, Error::ProjectNotFound);
}

/// Clearing answers how many there were and leaves the project usable.
pub async fn are_cleared(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    assert_eq!(store.clear_items(project).await.unwrap(), 0);
    store_all(&*store, MemoryType::ALL.map(|r#type| item(project, r#type, "k")).into()).await;
    assert_eq!(store.clear_items(project).await.unwrap(), 4);
    assert_eq!(store.count_items(project).await.unwrap(), [0; 4]);
    assert!(scanned(&*store, project).await.is_empty());
    assert!(keep(&*store, context(project, "k")).await.0);
    assert_fails!(store.clear_items(ProjectId::new(uuid())).await, Error::ProjectNotFound);
}

/// Counts go by rank of type and follow every write.
pub async fn are_counted(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for (rank, r#type) in MemoryType::ALL.into_iter().enumerate() {
        let items = (0..=rank).map(|n| item(project, r#type, &n.to_string())).collect();
        store_all(&*store, items).await;
    }
    assert_eq!(store.count_items(project).await.unwrap(), [1, 2, 3, 4]);
    keep(&*store, item(project, MemoryType::Dependency, "0")).await;
    store.delete_items(project, &MemoryType::ALL, &key("1"), &Precondition::NONE).await.unwrap();
    assert_eq!(store.count_items(project).await.unwrap(), [1, 1, 2, 3]);
    assert_fails!(store.count_items(ProjectId::new(uuid())).await, Error::ProjectNotFound);
}

/// Versions only grow within a project, also over deletes and clears.
pub async fn versions_are_never_given_again(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut greatest = Version(0);
    for round in 0..3 {
        for name in ["a", "b", "a"] {
            let (_, version) = keep(&*store, context(project, name)).await;
            assert!(version > greatest, "{version:?} after {greatest:?}");
            greatest = version;
        }
        if round == 1 {
            store.clear_items(project).await.unwrap();
        } else {
            store
                .delete_items(project, &[MemoryType::Context], &key("a"), &Precondition::NONE)
                .await
                .unwrap();
        }
    }
    let message = super::fixture::message(project, "hello");
    assert!(store.create_message(&message, None).await.unwrap().outcome > greatest);
}
