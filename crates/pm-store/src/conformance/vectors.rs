//! Vectors of items: which model made them, of which version, and what becomes of them.

use std::collections::HashMap;

use pm_core::Error;
use pm_core::model::{
    Key, MemoryItem, MemoryType, Precondition, ProjectId, ProjectStatus, Version, Versioned,
};
use pm_core::ports::{Changes, ItemVector, LimitPolicy, ModelTag, Store};
use tokio::sync::oneshot;

use super::Harness;
use super::fixture::{context, item, keep, kept_project, key, limited, set_status, store_all, uuid};
use super::text::ODD;

const MODEL: ModelTag = ModelTag(7);
/// One that differs in the highest bit alone.
const OTHER: ModelTag = ModelTag(7 | 1 << 63);
const EMBEDDED: MemoryType = MemoryType::Context;

fn vector(name: &str, version: Version, bytes: &[u8]) -> ItemVector {
    ItemVector { r#type: EMBEDDED, key: key(name), version, bytes: bytes.to_vec() }
}

async fn put(store: &dyn Store, project: ProjectId, vectors: &[ItemVector]) {
    store.put_vectors(project, MODEL, vectors).await.unwrap();
}

/// Keeps an item of type context with a vector.
async fn embed(store: &dyn Store, project: ProjectId, name: &str, bytes: &[u8]) -> Version {
    let (_, version) = keep(store, context(project, name)).await;
    put(store, project, &[vector(name, version, bytes)]).await;
    version
}

/// The vectors of items of type context.
async fn of(store: &dyn Store, project: ProjectId, names: &[&str]) -> Vec<Option<Vec<u8>>> {
    let names: Vec<_> = names.iter().map(|name| (EMBEDDED, key(name))).collect();
    store.vectors(project, MODEL, &names).await.unwrap()
}

/// All vectors by a walk of this step, by key.
async fn walked(
    store: &dyn Store,
    project: ProjectId,
    model: ModelTag,
    step: usize,
) -> Vec<(String, Vec<u8>)> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan_vectors(project, model, after.as_ref(), step).await.unwrap();
        let full = page.len() == step;
        after = page.last().map(|(r#type, key, _)| (*r#type, key.clone())).or(after);
        seen.extend(page.into_iter().map(|(_, key, bytes)| (key.to_string(), bytes)));
        if !full {
            return seen;
        }
    }
}

/// The keys of all items without a vector, by a walk of this step.
async fn bare(store: &dyn Store, project: ProjectId, model: ModelTag, step: usize) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan_unembedded(project, model, after.as_ref(), step).await.unwrap();
        let full = page.len() == step;
        after = page.last().cloned().or(after);
        seen.extend(page.into_iter().map(|(_, key)| key.to_string()));
        if !full {
            return seen;
        }
    }
}

/// The project shows no vector, and these items to be without one.
async fn assert_none(store: &dyn Store, project: ProjectId, items: &[&str]) {
    assert_eq!(of(store, project, &["a", "b"]).await, [None, None]);
    assert_eq!(walked(store, project, MODEL, 10).await, []);
    assert_eq!(bare(store, project, MODEL, 10).await, items);
}

/// What is read is what was put, byte by byte; one put over another takes its place, and of two the last.
pub async fn keep_every_byte(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let long: Vec<u8> = all.iter().copied().cycle().take(ItemVector::MAX_BYTES).collect();
    let mut version = Version(0);
    for (name, bytes) in [("all", all.as_slice()), ("empty", &[]), ("long", &long), ("zeros", &[0; 8])] {
        version = embed(&*store, project, name, bytes).await;
    }
    let names = ["zeros", "absent", "long", "empty", "all", "long"];
    let kept =
        [Some(vec![0; 8]), None, Some(long.clone()), Some(vec![]), Some(all.clone()), Some(long.clone())];
    assert_eq!(of(&*store, project, &names).await, kept);
    assert_eq!(of(&*store, project, &[]).await, Vec::<Option<Vec<u8>>>::new());
    put(&*store, project, &[]).await;
    let names = ["all", "empty", "long", "zeros"].map(str::to_owned);
    let walk: Vec<_> = names.into_iter().zip([all, vec![], long, vec![0; 8]]).collect();
    assert_eq!(walked(&*store, project, MODEL, 10).await, walk);
    assert!(bare(&*store, project, MODEL, 10).await.is_empty());
    let twice = [vector("zeros", version, b"first"), vector("zeros", version, b"last")];
    put(&*store, project, &twice).await;
    assert_eq!(of(&*store, project, &["zeros"]).await, [Some(b"last".to_vec())]);
    // Another type is another item.
    let error = store.vectors(project, MODEL, &[(MemoryType::Error, key("zeros"))]).await.unwrap();
    assert_eq!(error, [None]);
}

/// Another model sees none and all items as bare, until its own take the place of what there is.
pub async fn belong_to_a_model(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let version = embed(&*store, project, "a", b"mine").await;
    embed(&*store, project, "b", b"too").await;
    let names = [(EMBEDDED, key("a")), (EMBEDDED, key("b"))];
    assert_eq!(store.vectors(project, OTHER, &names).await.unwrap(), [None, None]);
    assert_eq!(walked(&*store, project, OTHER, 10).await, []);
    assert_eq!(bare(&*store, project, OTHER, 10).await, ["a", "b"]);
    store.put_vectors(project, OTHER, &[vector("a", version, b"theirs")]).await.unwrap();
    assert_eq!(store.vectors(project, OTHER, &names).await.unwrap(), [Some(b"theirs".to_vec()), None]);
    assert_eq!(of(&*store, project, &["a", "b"]).await, [None, Some(b"too".to_vec())]);
    assert_eq!(walked(&*store, project, OTHER, 10).await, [("a".to_owned(), b"theirs".to_vec())]);
    assert_eq!(bare(&*store, project, OTHER, 10).await, ["b"]);
    assert_eq!(bare(&*store, project, MODEL, 10).await, ["a"]);
}

/// Replacing the item makes its vector stale; none is taken for another version than the present one.
pub async fn belong_to_a_version(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let first = embed(&*store, project, "a", b"first").await;
    let (_, second) = keep(&*store, context(project, "a")).await;
    assert_none(&*store, project, &["a"]).await;
    let late = [vector("a", first, b"late"), vector("a", Version(second.0 + 1), b"early")];
    put(&*store, project, &late).await;
    assert_none(&*store, project, &["a"]).await;
    put(&*store, project, &[vector("a", second, b"second")]).await;
    put(&*store, project, &late).await;
    assert_eq!(of(&*store, project, &["a"]).await, [Some(b"second".to_vec())]);
    assert_eq!(walked(&*store, project, MODEL, 1).await, [("a".to_owned(), b"second".to_vec())]);
}

/// One of an absent item, of another type or of another project is left out, and the rest kept.
pub async fn are_left_out_without_their_item(harness: &dyn Harness) {
    let store = harness.store();
    let (project, other) = (kept_project(&*store).await, kept_project(&*store).await);
    let (_, version) = keep(&*store, context(project, "a")).await;
    keep(&*store, item(other, MemoryType::Error, "b")).await;
    let vectors = [vector("b", version, b"none"), vector("a", version, b"kept")];
    put(&*store, project, &vectors).await;
    put(&*store, other, &vectors).await;
    assert_eq!(of(&*store, project, &["a", "b"]).await, [Some(b"kept".to_vec()), None]);
    assert_none(&*store, other, &["b"]).await;
    // What was left out does not come with the item.
    keep(&*store, context(project, "b")).await;
    assert_eq!(of(&*store, project, &["b"]).await, [None]);
    let absent = ProjectId::new(uuid());
    assert_fails!(store.put_vectors(absent, MODEL, &vectors).await, Error::ProjectNotFound);
    assert_fails!(store.put_vectors(absent, MODEL, &[]).await, Error::ProjectNotFound);
    assert_eq!(of(&*store, absent, &["a"]).await, [None]);
    assert_fails!(store.scan_vectors(absent, MODEL, None, 1).await, Error::ProjectNotFound);
    assert_fails!(store.scan_unembedded(absent, MODEL, None, 1).await, Error::ProjectNotFound);
}

/// Whatever takes the item takes the vector: an item of the same name begins without.
pub async fn go_with_their_item(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for way in ["delete", "clear", "evict"] {
        let version = embed(&*store, project, "a", b"gone").await;
        match way {
            "delete" => {
                let deleted = store.delete_items(project, &[EMBEDDED], &key("a"), &Precondition::NONE).await;
                assert_eq!(deleted.unwrap(), [EMBEDDED]);
            }
            "clear" => assert_eq!(store.clear_items(project).await.unwrap(), 1),
            _ => {
                let evicting = limited(vec![context(project, "b")], 1, LimitPolicy::EvictOldest);
                let written = store.put_items(project, &evicting).await.unwrap();
                assert_eq!(written.outcome.evicted, [(EMBEDDED, key("a"))]);
            }
        }
        let left: &[&str] = if way == "evict" { &["b"] } else { &[] };
        assert_none(&*store, project, left).await;
        put(&*store, project, &[vector("a", version, b"late")]).await;
        assert_none(&*store, project, left).await;
        keep(&*store, context(project, "a")).await;
        put(&*store, project, &[vector("a", version, b"late")]).await;
        assert_eq!(of(&*store, project, &["a"]).await, [None], "{way}");
    }
}

/// What has expired has no vector and takes none, swept or not.
pub async fn go_with_what_expires(harness: &dyn Harness) {
    let store = harness.store();
    let (project, other) = (kept_project(&*store).await, kept_project(&*store).await);
    let mut versions = Vec::new();
    for project in [project, other] {
        let expires_at = Some(harness.now() + harness.moment());
        let dying = MemoryItem { ttl: Some(1), expires_at, ..context(project, "a") };
        let version = store_all(&*store, vec![dying]).await[0].1;
        put(&*store, project, &[vector("a", version, b"dying")]).await;
        embed(&*store, project, "lives", b"living").await;
        assert_eq!(of(&*store, project, &["a"]).await, [Some(b"dying".to_vec())]);
        versions.push(version);
    }
    harness.let_a_moment_pass().await;
    let living = [("lives".to_owned(), b"living".to_vec())];
    for (project, version) in [project, other].into_iter().zip(versions) {
        assert_eq!(of(&*store, project, &["a", "lives"]).await, [None, Some(b"living".to_vec())]);
        put(&*store, project, &[vector("a", version, b"late")]).await;
        assert_eq!(walked(&*store, project, MODEL, 1).await, living);
        assert!(bare(&*store, project, MODEL, 1).await.is_empty());
        store.sweep(10).await.unwrap();
        assert_eq!(walked(&*store, project, MODEL, 1).await, living);
        keep(&*store, context(project, "a")).await;
        assert_eq!(of(&*store, project, &["a"]).await, [None]);
        assert_eq!(bare(&*store, project, MODEL, 1).await, ["a"]);
    }
}

/// Deleting a project leaves none; those of others stay.
pub async fn go_with_their_project(harness: &dyn Harness) {
    let store = harness.store();
    let (gone, stays) = (kept_project(&*store).await, kept_project(&*store).await);
    let version = embed(&*store, gone, "a", b"gone").await;
    embed(&*store, stays, "a", b"stays").await;
    assert!(store.delete_project(gone, &Precondition::NONE).await.unwrap());
    assert_eq!(of(&*store, gone, &["a"]).await, [None]);
    assert_fails!(
        store.put_vectors(gone, MODEL, &[vector("a", version, b"late")]).await,
        Error::ProjectNotFound
    );
    assert_eq!(of(&*store, stays, &["a"]).await, [Some(b"stays".to_vec())]);
    let fresh = kept_project(&*store).await;
    keep(&*store, context(fresh, "a")).await;
    assert_none(&*store, fresh, &["a"]).await;
}

/// A project that takes no writes takes vectors.
pub async fn are_taken_by_archived_projects(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let (_, version) = keep(&*store, context(project, "a")).await;
    set_status(&*store, project, ProjectStatus::Archived).await;
    assert_eq!(bare(&*store, project, MODEL, 10).await, ["a"]);
    put(&*store, project, &[vector("a", version, b"kept")]).await;
    assert_eq!(of(&*store, project, &["a"]).await, [Some(b"kept".to_vec())]);
    assert_eq!(walked(&*store, project, MODEL, 10).await.len(), 1);
}

/// A vector is no change: no version moves, none is used up, and no follower hears of it.
pub async fn change_nothing_else(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let (_, version) = keep(&*store, context(project, "a")).await;
    let state = async || {
        let Versioned { value, version } = store.project(project).await.unwrap().unwrap();
        (
            value,
            version,
            store.item(project, EMBEDDED, &key("a")).await.unwrap(),
            store.count_items(project).await.unwrap(),
        )
    };
    let before = state().await;
    let mut follower = store.follow(project).await.unwrap();
    put(&*store, project, &[vector("a", version, b"kept"), vector("absent", version, b"not")]).await;
    assert_eq!(state().await, before);
    assert_eq!(follower.changes().await.unwrap(), Changes::Since(vec![]));
    assert_eq!(keep(&*store, context(project, "b")).await.1, Version(version.0 + 1));
}

/// Walks of any step go by type and key, and together see each item once: with a vector or without.
pub async fn are_walked_in_order(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut items: Vec<MemoryItem> = Vec::new();
    for name in ["b", "a", "B", "\u{10ffff}", "é", " ", "a "] {
        items.extend(MemoryType::ALL.map(|r#type| item(project, r#type, name)));
    }
    let versions = store_all(&*store, items.clone()).await;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut vectors = Vec::new();
    for (n, (item, (_, version))) in items.into_iter().zip(versions).enumerate() {
        let (r#type, key) = (item.r#type, item.key);
        if n % 3 == 0 {
            without.push((r#type, key));
        } else {
            let bytes = n.to_string().into_bytes();
            vectors.push(ItemVector { r#type, key: key.clone(), version, bytes: bytes.clone() });
            with.push((r#type, key, bytes));
        }
    }
    put(&*store, project, &vectors).await;
    with.sort();
    without.sort();
    for step in [1, 3, without.len(), with.len(), with.len() + 1, 1_000_000] {
        let (mut seen, mut after): (Vec<(MemoryType, Key, Vec<u8>)>, _) = (Vec::new(), None);
        loop {
            let page = store.scan_vectors(project, MODEL, after.as_ref(), step).await.unwrap();
            assert!(page.len() <= step);
            let last = page.len() < step;
            after = page.last().map(|(r#type, key, _)| (*r#type, key.clone())).or(after);
            seen.extend(page);
            if last {
                break;
            }
        }
        assert_eq!(seen, with, "by {step}");
        let (mut seen, mut after): (Vec<(MemoryType, Key)>, _) = (Vec::new(), None);
        loop {
            let page = store.scan_unembedded(project, MODEL, after.as_ref(), step).await.unwrap();
            assert!(page.len() <= step);
            let last = page.len() < step;
            after = page.last().cloned().or(after);
            seen.extend(page);
            if last {
                break;
            }
        }
        assert_eq!(seen, without, "by {step}");
    }
    assert!(store.scan_vectors(project, MODEL, None, 0).await.unwrap().is_empty());
    assert!(store.scan_unembedded(project, MODEL, None, 0).await.unwrap().is_empty());
}

/// Items that are there during a whole walk, with a vector or without, are seen exactly once.
pub async fn are_walked_under_writes(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let name = |n: usize| format!("{n:04}");
    let stay: Vec<_> = (0..300).map(|n| context(project, &name(n))).collect();
    let versions = store_all(&*store, stay).await;
    // Two of three have a vector and keep it.
    let embedded: Vec<_> = (0..300).filter(|n| n % 3 > 0).collect();
    let vectors: Vec<_> = embedded.iter().map(|n| vector(&name(*n), versions[*n].1, b"kept")).collect();
    put(&*store, project, &vectors).await;
    let (stop, mut stopped) = oneshot::channel::<()>();
    let writer = tokio::spawn({
        let store = harness.store();
        async move {
            let mut n = 0;
            while matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
                let new = format!("{:04}-new", n % 300);
                embed(&*store, project, &new, b"new").await;
                keep(&*store, context(project, &name(n % 100 * 3))).await;
                store.delete_items(project, &[EMBEDDED], &key(&new), &Precondition::NONE).await.unwrap();
                n += 1;
            }
        }
    });
    for _ in 0..5 {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (name, bytes) in walked(&*store, project, MODEL, 7).await {
            assert_eq!(bytes, if name.len() > 4 { b"new" as &[u8] } else { b"kept" });
            *seen.entry(name).or_default() += 1;
        }
        assert!(seen.values().all(|times| *times == 1));
        assert!(embedded.iter().all(|n| seen.contains_key(&name(*n))));
        let mut seen = bare(&*store, project, MODEL, 7).await;
        assert!(seen.is_sorted_by(|a, b| a < b));
        seen.retain(|name| name.len() == 4);
        assert_eq!(seen, (0..100).map(|n| name(n * 3)).collect::<Vec<_>>());
    }
    drop(stop);
    writer.await.unwrap();
}

/// No character of a key has a special meaning.
pub async fn have_any_key(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let versions = store_all(&*store, ODD.iter().map(|name| context(project, name)).collect()).await;
    let vectors: Vec<_> =
        ODD.iter().zip(versions).map(|(name, (_, version))| vector(name, version, name.as_bytes())).collect();
    put(&*store, project, &vectors).await;
    let kept: Vec<_> = ODD.iter().map(|name| Some(name.as_bytes().to_vec())).collect();
    assert_eq!(of(&*store, project, &ODD).await, kept);
    let walk = walked(&*store, project, MODEL, 5).await;
    assert_eq!(walk.len(), ODD.len());
    assert!(walk.iter().all(|(name, bytes)| name.as_bytes() == bytes));
}

/// As many as come, some of them as long as may be.
pub async fn are_put_by_the_thousand(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let name = |n: usize| format!("{n:04}");
    let versions = store_all(&*store, (0..1000).map(|n| context(project, &name(n))).collect()).await;
    let bytes = |n: usize| {
        let length = if n.is_multiple_of(2) { ItemVector::MAX_BYTES } else { 384 };
        n.to_string().bytes().cycle().take(length).collect::<Vec<_>>()
    };
    let vectors: Vec<_> =
        versions.iter().enumerate().map(|(n, (_, version))| vector(&name(n), *version, &bytes(n))).collect();
    put(&*store, project, &vectors).await;
    assert!(bare(&*store, project, MODEL, 1000).await.is_empty());
    let all: Vec<_> = (0..1000).map(|n| (name(n), bytes(n))).collect();
    assert!(walked(&*store, project, MODEL, 2000).await == all);
    assert!(walked(&*store, project, MODEL, 333).await == all);
    let names: Vec<_> = (0..1000).map(|n| (EMBEDDED, key(&name(n)))).collect();
    let read = store.vectors(project, MODEL, &names).await.unwrap();
    assert!(read.into_iter().eq(all.into_iter().map(|(_, bytes)| Some(bytes))));
    assert_eq!(store.clear_items(project).await.unwrap(), 1000);
    assert_eq!(walked(&*store, project, MODEL, 10).await, []);
}
