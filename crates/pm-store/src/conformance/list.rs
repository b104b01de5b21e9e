//! Walking lists page by page.

use pm_core::model::{MemoryItem, Message, Project, ProjectId, Versioned};
use pm_core::ports::{
    ItemFilter, ItemPosition, ItemSort, MessageFilter, MessagePosition, Order, Page, PageRequest,
    ProjectFilter, ProjectPosition, ProjectSort, Store,
};

pub(super) const BOTH: [Order; 2] = [Order::Ascending, Order::Descending];

/// The first page.
pub(super) fn first<S, P>(sort: S, order: Order, limit: usize) -> PageRequest<S, P> {
    PageRequest { sort, order, after: None, limit }
}

/// One page of items.
pub(super) async fn items(
    store: &dyn Store,
    project: ProjectId,
    filter: &ItemFilter,
    request: &PageRequest<ItemSort, ItemPosition>,
) -> Page<Versioned<MemoryItem>> {
    store.list_items(project, filter, request).await.unwrap()
}

/// The keys of the items on all pages of `limit`.
pub(super) async fn all_keys(
    store: &dyn Store,
    project: ProjectId,
    filter: &ItemFilter,
    (sort, order, limit): (ItemSort, Order, usize),
) -> Vec<String> {
    let mut request = first(sort, order, limit);
    let mut keys = Vec::new();
    loop {
        let page = items(store, project, filter, &request).await;
        request.after = page.entries.last().map(|last| ItemPosition::of(&last.value, sort));
        assert!(page.entries.len() == limit || !page.more, "a page is full unless it is the last");
        keys.extend(
            page.entries.iter().map(|entry| format!("{}:{}", entry.value.r#type.as_str(), entry.value.key)),
        );
        if !page.more {
            assert_eq!(u64::try_from(keys.len()).unwrap(), page.total);
            return keys;
        }
    }
}

/// The messages on all pages of `limit`.
pub(super) async fn all_messages(
    store: &dyn Store,
    project: ProjectId,
    filter: &MessageFilter,
    (order, limit): (Order, usize),
) -> Vec<Message> {
    let mut request = first((), order, limit);
    let mut messages = Vec::new();
    loop {
        let page = store.list_messages(project, filter, &request).await.unwrap();
        request.after = page.entries.last().map(|last| MessagePosition::of(&last.value));
        messages.extend(page.entries.into_iter().map(|entry| entry.value));
        if !page.more {
            assert_eq!(u64::try_from(messages.len()).unwrap(), page.total);
            return messages;
        }
    }
}

/// The projects on all pages of `limit`.
pub(super) async fn all_projects(
    store: &dyn Store,
    filter: &ProjectFilter,
    (sort, order, limit): (ProjectSort, Order, usize),
) -> Vec<Project> {
    let mut request = first(sort, order, limit);
    let mut projects = Vec::new();
    loop {
        let page = store.projects(filter, &request).await.unwrap();
        request.after = page.entries.last().map(|last| ProjectPosition::of(&last.value, sort));
        projects.extend(page.entries.into_iter().map(|entry| entry.value));
        if !page.more {
            assert_eq!(u64::try_from(projects.len()).unwrap(), page.total);
            return projects;
        }
    }
}
