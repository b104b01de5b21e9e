//! Scans of a project's items.

use std::collections::HashMap;

use pm_core::Error;
use pm_core::model::{MemoryItem, MemoryType, Precondition, ProjectId};
use tokio::sync::oneshot;

use super::Harness;
use super::fixture::{context, item, keep, kept_project, key, store_all, uuid};

/// In order of type and key, full pages up to the end.
pub async fn go_by_type_and_key(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    assert_eq!(store.scan_items(project, None, 5).await.unwrap(), []);
    let mut items: Vec<MemoryItem> = Vec::new();
    for name in ["b", "a", "B", "\u{10ffff}", "é", " ", "a "] {
        items.extend(MemoryType::ALL.map(|r#type| item(project, r#type, name)));
    }
    store_all(&*store, items.clone()).await;
    items.sort_by_key(|item| (item.r#type, item.key.clone()));
    for limit in [1, 3, 27, 28, 29] {
        let (mut seen, mut after): (Vec<MemoryItem>, _) = (Vec::new(), None);
        loop {
            let page = store.scan_items(project, after.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            let last = page.len() < limit;
            after = page.last().map(|item| (item.r#type, item.key.clone())).or(after);
            seen.extend(page);
            if last {
                break;
            }
        }
        assert_eq!(seen, items, "by {limit}");
    }
    let beyond = (MemoryType::Dependency, key("\u{10ffff}z"));
    assert_eq!(store.scan_items(project, Some(&beyond), 5).await.unwrap(), []);
    assert_fails!(store.scan_items(ProjectId::new(uuid()), None, 5).await, Error::ProjectNotFound);
}

/// What is there during the whole walk is seen exactly once, whatever is written meanwhile.
pub async fn see_each_item_once_under_writes(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let stay: Vec<_> = (0..300).map(|n| context(project, &format!("{n:04}"))).collect();
    store_all(&*store, stay.clone()).await;
    let (stop, mut stopped) = oneshot::channel::<()>();
    let writer = tokio::spawn({
        let store = harness.store();
        async move {
            let mut n = 0;
            while matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
                let name = format!("{:04}-new", n % 300);
                keep(&*store, context(project, &name)).await;
                // Those that stay are replaced, too.
                keep(&*store, context(project, &format!("{:04}", n * 7 % 300))).await;
                let types = [MemoryType::Context];
                store.delete_items(project, &types, &key(&name), &Precondition::NONE).await.unwrap();
                n += 1;
            }
        }
    });
    for _ in 0..5 {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut after = None;
        loop {
            let page = store.scan_items(project, after.as_ref(), 7).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.r#type, last.key.clone()));
            for item in page {
                *seen.entry(item.key.to_string()).or_default() += 1;
            }
        }
        assert!(seen.values().all(|times| *times == 1));
        assert!(stay.iter().all(|item| seen.contains_key(item.key.as_str())));
    }
    drop(stop);
    writer.await.unwrap();
}
