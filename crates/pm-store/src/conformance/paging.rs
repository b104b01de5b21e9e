//! Walking a list while others write: what is there all the while is seen exactly once.

use pm_core::model::{Precondition, Project};
use pm_core::ports::{
    ItemFilter, ItemPosition, ItemSort, MessageFilter, MessagePosition, ProjectFilter, ProjectPosition,
    ProjectSort,
};

use super::Harness;
use super::fixture::{at, context, keep, kept_project, message, project, store_all};
use super::list::{BOTH, first};
use pm_core::model::{MemoryItem, MemoryType, Message};

/// Checks that those with an even number, which stay, are seen once and in place.
fn check(seen: &[usize]) {
    let mut stayed: Vec<_> = seen.iter().copied().filter(|n| n % 2 == 0).collect();
    stayed.sort_unstable();
    assert_eq!(stayed, (0..20).step_by(2).collect::<Vec<_>>(), "{seen:?}");
    let mut all = seen.to_vec();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), seen.len(), "twice on a page: {seen:?}");
}

fn number(text: &str) -> usize {
    text.get(..2).and_then(|digits| digits.parse().ok()).unwrap()
}

/// Between pages every odd item is deleted in turn, and new ones come in among the others.
pub async fn items_while_others_come_and_go(harness: &dyn Harness) {
    let store = harness.store();
    for sort in [ItemSort::Timestamp, ItemSort::Key] {
        for order in BOTH {
            let project = kept_project(&*store).await;
            let aged = |n: usize, suffix: &str| MemoryItem {
                timestamp: at(i64::try_from(n / 3).unwrap()),
                ..context(project, &format!("{n:02}{suffix}"))
            };
            store_all(&*store, (0..20).map(|n| aged(n, "")).collect()).await;
            let (mut request, mut seen, mut round) = (first(sort, order, 3), Vec::new(), 0);
            loop {
                let page = store.list_items(project, &ItemFilter::default(), &request).await.unwrap();
                request.after = page.entries.last().map(|last| ItemPosition::of(&last.value, sort));
                let names = page.entries.iter().map(|entry| entry.value.key.as_str());
                seen.extend(names.filter(|name| name.len() == 2).map(number));
                if !page.more {
                    break;
                }
                // Deletes the last that was seen, if it is an odd one: the position outlives its entry.
                let gone = page.entries.last().unwrap().value.key.clone();
                if number(gone.as_str()) % 2 == 1 {
                    store
                        .delete_items(project, &[MemoryType::Context], &gone, &Precondition::NONE)
                        .await
                        .unwrap();
                }
                keep(&*store, aged(round * 2, "new")).await;
                round += 1;
            }
            check(&seen);
        }
    }
}

/// The same for messages.
pub async fn messages_while_others_come_and_go(harness: &dyn Harness) {
    let store = harness.store();
    for order in BOTH {
        let project = kept_project(&*store).await;
        let aged = |n: usize, suffix: &str| Message {
            timestamp: at(i64::try_from(n / 3).unwrap()),
            ..message(project, &format!("{n:02}{suffix}"))
        };
        for n in 0..20 {
            store.create_message(&aged(n, ""), None).await.unwrap();
        }
        let (mut request, mut seen, mut round) = (first((), order, 3), Vec::new(), 0);
        loop {
            let page = store.list_messages(project, &MessageFilter::default(), &request).await.unwrap();
            request.after = page.entries.last().map(|last| MessagePosition::of(&last.value));
            let texts = page.entries.iter().map(|entry| entry.value.content.as_str());
            seen.extend(texts.filter(|text| text.len() == 2).map(number));
            if !page.more {
                break;
            }
            let gone = &page.entries.last().unwrap().value;
            if number(&gone.content) % 2 == 1 {
                assert!(store.delete_message(project, gone.id, &Precondition::NONE).await.unwrap());
            }
            store.create_message(&aged(round * 2, "new"), None).await.unwrap();
            round += 1;
        }
        check(&seen);
    }
}

/// The same for projects.
pub async fn projects_while_others_come_and_go(harness: &dyn Harness) {
    let store = harness.store();
    let aged = |n: usize, suffix: &str| Project {
        created_at: at(i64::try_from(n / 3).unwrap()),
        ..project(&format!("{n:02}{suffix}"))
    };
    for n in 0..20 {
        store.create_project(&aged(n, ""), None).await.unwrap();
    }
    let mut request = first(ProjectSort::CreatedAt, BOTH[1], 3);
    let (mut seen, mut round) = (Vec::new(), 0);
    loop {
        let page = store.projects(&ProjectFilter::default(), &request).await.unwrap();
        request.after = page.entries.last().map(|last| ProjectPosition::of(&last.value, request.sort));
        let names = page.entries.iter().map(|entry| entry.value.name.as_str());
        seen.extend(names.filter(|name| name.len() == 2).map(number));
        if !page.more {
            break;
        }
        let gone = &page.entries.last().unwrap().value;
        if number(&gone.name) % 2 == 1 {
            assert!(store.delete_project(gone.id, &Precondition::NONE).await.unwrap());
        }
        store.create_project(&aged(round * 2, "new"), None).await.unwrap();
        round += 1;
    }
    check(&seen);
}
