//! The list of a project's items.

use pm_core::Error;
use pm_core::model::{MemoryItem, MemoryType, ProjectId, SessionId};
use pm_core::ports::{ItemFilter, ItemSort, Order};

use super::Harness;
use super::fixture::{at, item, kept_project, store_all, uuid};
use super::list::{BOTH, all_keys, first};

const SORTS: [ItemSort; 2] = [ItemSort::Timestamp, ItemSort::Key];

/// Items of all types, with few timestamps, keys and sessions, so that ties abound.
fn varied(project: ProjectId) -> Vec<MemoryItem> {
    let mut items = Vec::new();
    for (n, name) in ["a", "B", "b", "aa", "é", "\u{10ffff}x", "a%", "a_", "ab"].into_iter().enumerate() {
        for r#type in MemoryType::ALL.into_iter().skip(n % 2) {
            let seconds = i64::try_from((n * 5 + usize::from(r#type.rank())) % 4).unwrap();
            let session = (n % 3 > 0).then(|| SessionId::new(&format!("s{}", n % 3)).unwrap());
            items.push(MemoryItem {
                timestamp: at(seconds),
                session_id: session,
                ..item(project, r#type, name)
            });
        }
    }
    items
}

fn expected(items: &[MemoryItem], filter: &ItemFilter, sort: ItemSort, order: Order) -> Vec<String> {
    let mut kept: Vec<_> = items
        .iter()
        .filter(|item| filter.r#type.is_none_or(|r#type| r#type == item.r#type))
        .filter(|item| filter.session_id.is_none() || filter.session_id == item.session_id)
        .filter(|item| filter.prefix.as_ref().is_none_or(|prefix| item.key.as_str().starts_with(prefix)))
        .filter(|item| filter.since.is_none_or(|since| since <= item.timestamp))
        .filter(|item| filter.until.is_none_or(|until| item.timestamp < until))
        .collect();
    match sort {
        ItemSort::Timestamp => kept.sort_by_key(|item| (item.timestamp, item.r#type, item.key.clone())),
        ItemSort::Key => kept.sort_by_key(|item| (item.key.clone(), item.r#type)),
    }
    if order == Order::Descending {
        kept.reverse();
    }
    kept.into_iter().map(|item| format!("{}:{}", item.r#type.as_str(), item.key)).collect()
}

/// Each sort in both orders; ties by type, then key.
pub async fn sorts_and_breaks_ties(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let items = varied(project);
    store_all(&*store, items.clone()).await;
    let all = ItemFilter::default();
    for sort in SORTS {
        for order in BOTH {
            let listed = all_keys(&*store, project, &all, (sort, order, 1000)).await;
            assert_eq!(listed, expected(&items, &all, sort, order), "{sort:?} {order:?}");
        }
    }
}

/// Each filter alone and all together; the total counts what the filter lets through.
pub async fn filters_and_totals(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let items = varied(project);
    store_all(&*store, items.clone()).await;
    let session_id = SessionId::new("s1").ok();
    let all = ItemFilter::default();
    let filters = [
        ItemFilter { r#type: Some(MemoryType::Solution), ..all.clone() },
        ItemFilter { session_id: session_id.clone(), ..all.clone() },
        ItemFilter { session_id: SessionId::new("s").ok(), ..all.clone() },
        ItemFilter { prefix: Some("a".to_owned()), ..all.clone() },
        ItemFilter { prefix: Some(String::new()), ..all.clone() },
        ItemFilter { since: Some(at(1)), ..all.clone() },
        ItemFilter { until: Some(at(1)), ..all.clone() },
        ItemFilter { since: Some(at(1)), until: Some(at(3)), ..all.clone() },
        ItemFilter { since: Some(at(3)), until: Some(at(1)), ..all.clone() },
        ItemFilter {
            r#type: Some(MemoryType::Context),
            session_id,
            prefix: Some("a".to_owned()),
            since: Some(at(0)),
            until: Some(at(9)),
        },
    ];
    for filter in &filters {
        for sort in SORTS {
            for order in BOTH {
                let listed = all_keys(&*store, project, filter, (sort, order, 3)).await;
                assert_eq!(listed, expected(&items, filter, sort, order), "{filter:?} {sort:?} {order:?}");
            }
        }
    }
    let absent =
        store.list_items(ProjectId::new(uuid()), &all, &first(ItemSort::Key, Order::Ascending, 1)).await;
    assert_fails!(absent, Error::ProjectNotFound);
}

/// Pages of any size join to the same list.
pub async fn pages_cover_the_list(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let all = ItemFilter::default();
    assert!(all_keys(&*store, project, &all, (ItemSort::Key, Order::Ascending, 1)).await.is_empty());
    let items = varied(project);
    store_all(&*store, items.clone()).await;
    for limit in [1, 2, 7, items.len() - 1, items.len(), items.len() + 1, usize::MAX] {
        for sort in SORTS {
            for order in BOTH {
                let listed = all_keys(&*store, project, &all, (sort, order, limit)).await;
                assert_eq!(listed, expected(&items, &all, sort, order), "{sort:?} {order:?} by {limit}");
            }
        }
    }
}
