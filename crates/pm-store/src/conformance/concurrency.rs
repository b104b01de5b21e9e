//! Many callers at once.

use std::collections::BTreeSet;

use pm_core::model::{JsonText, Match, MemoryItem, Precondition, Project};
use pm_core::ports::LimitPolicy;
use tokio::task::JoinSet;

use super::Harness;
use super::fixture::{context, keep, kept_project, limited, put_if, scanned, store_all};

/// No version is given twice.
pub async fn versions_are_unique(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let store = harness.store();
        writers.spawn(async move {
            let mut versions = Vec::new();
            for n in 0..25 {
                versions.push(keep(&*store, context(project, &format!("{}", (writer + n) % 10))).await.1);
            }
            assert!(versions.is_sorted());
            versions
        });
    }
    let versions: Vec<_> = writers.join_all().await.concat();
    assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), versions.len());
}

/// Of those who store a new item on condition that it is not there, one succeeds.
pub async fn one_creator_wins(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for round in 0..10 {
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let store = harness.store();
            writers.spawn(async move {
                let absent = Precondition { if_match: None, if_none_match: Some(Match::Any) };
                let put = put_if(context(project, &round.to_string()), absent);
                store.put_items(project, &put).await.is_ok()
            });
        }
        let winners = writers.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1);
    }
}

/// Of replacements of one version, one succeeds: no update is lost.
pub async fn one_replacement_wins(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let store = harness.store();
        writers.spawn(async move {
            for _ in 0..5 {
                loop {
                    let before = store.project(project).await.unwrap().unwrap();
                    let count: u32 = before.value.name.parse().unwrap_or_default();
                    let after = Project { name: (count + 1).to_string(), ..before.value };
                    if store.replace_project(&after, before.version).await.unwrap().is_some() {
                        break;
                    }
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(store.project(project).await.unwrap().unwrap().value.name, "40");
}

/// The limit holds however many store at once.
pub async fn limit_holds(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for n in 0..40 {
        let store = harness.store();
        let put = limited(vec![context(project, &n.to_string())], 10, LimitPolicy::Reject);
        writers.spawn(async move { store.put_items(project, &put).await.is_ok() });
    }
    let stored = writers.join_all().await.into_iter().filter(|stored| *stored).count();
    assert_eq!(stored, 10);
    assert_eq!(scanned(&*store, project).await.len(), 10);
}

/// No reader sees a batch half done, and a list agrees with its total.
pub async fn readers_see_whole_batches(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let batch = |n: u32| {
        let value = JsonText::of(&n.into());
        let named = |name: u32| MemoryItem { value: value.clone(), ..context(project, &name.to_string()) };
        (0..50).map(named).collect::<Vec<_>>()
    };
    store_all(&*store, batch(0)).await;
    let writer = tokio::spawn({
        let (store, batches) = (harness.store(), (1..60).map(batch).collect::<Vec<_>>());
        async move {
            for batch in batches {
                store_all(&*store, batch).await;
            }
        }
    });
    while !writer.is_finished() {
        let items = store.scan_items(project, None, 100).await.unwrap();
        assert_eq!(items.len(), 50);
        assert!(items.iter().all(|item| item.value == items[0].value));
    }
    writer.await.unwrap();
}
