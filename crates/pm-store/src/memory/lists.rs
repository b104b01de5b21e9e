//! Lists: filter all, sort all, take a page.

use jiff::Timestamp;
use pm_core::model::{MemoryItem, Message, Project, Versioned};
use pm_core::ports::{
    ItemFilter, ItemPosition, ItemSort, MessageFilter, MessagePosition, Order, Page, PageRequest,
    ProjectFilter, ProjectPosition, ProjectSort, SortValue,
};

/// What follows `after` of `entries` sorted by `position`.
fn page<T: Clone, S, P, K: Ord>(
    entries: Vec<&T>,
    request: &PageRequest<S, P>,
    position: impl Fn(&T) -> P,
    rank: impl Fn(&P) -> K,
) -> Page<T> {
    let total = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let mut ranked: Vec<_> = entries.into_iter().map(|entry| (rank(&position(entry)), entry)).collect();
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    if let Some(after) = request.after.as_ref().map(rank) {
        ranked.retain(|(rank, _)| match request.order {
            Order::Ascending => *rank > after,
            Order::Descending => *rank < after,
        });
    }
    if request.order == Order::Descending {
        ranked.reverse();
    }
    let more = ranked.len() > request.limit;
    let entries = ranked.into_iter().take(request.limit).map(|(_, entry)| entry.clone()).collect();
    Page { entries, total, more }
}

/// A sort value that can be compared: of one list, all are times or all are texts.
fn comparable(value: &SortValue) -> (i64, String) {
    match value {
        SortValue::Time(micros) => (*micros, String::new()),
        SortValue::Text(text) => (0, text.clone()),
    }
}

pub(super) fn projects<'a>(
    all: impl Iterator<Item = &'a Versioned<Project>>,
    filter: &ProjectFilter,
    request: &PageRequest<ProjectSort, ProjectPosition>,
) -> Page<Versioned<Project>> {
    let kept = all.filter(|entry| filter.passes(&entry.value));
    page(
        kept.collect(),
        request,
        |entry| ProjectPosition::of(&entry.value, request.sort),
        |ProjectPosition(value, id)| (comparable(value), *id),
    )
}

pub(super) fn items<'a>(
    live: impl Iterator<Item = &'a Versioned<MemoryItem>>,
    filter: &ItemFilter,
    request: &PageRequest<ItemSort, ItemPosition>,
) -> Page<Versioned<MemoryItem>> {
    let kept = live.filter(|entry| {
        let item = &entry.value;
        filter.r#type.is_none_or(|wanted| wanted == item.r#type)
            && (filter.session_id.is_none() || filter.session_id == item.session_id)
            && filter.prefix.as_ref().is_none_or(|prefix| item.key.as_str().starts_with(prefix))
            && within(item.timestamp, filter.since, filter.until)
    });
    page(
        kept.collect(),
        request,
        |entry| ItemPosition::of(&entry.value, request.sort),
        |ItemPosition(value, r#type, key)| (comparable(value), *r#type, key.clone()),
    )
}

pub(super) fn messages<'a>(
    all: impl Iterator<Item = &'a Versioned<Message>>,
    filter: &MessageFilter,
    request: &PageRequest<(), MessagePosition>,
) -> Page<Versioned<Message>> {
    let kept = all.filter(|entry| {
        let message = &entry.value;
        filter.role.is_none_or(|wanted| wanted == message.role)
            && (filter.session_id.is_none() || filter.session_id == message.session_id)
            && within(message.timestamp, filter.since, filter.until)
    });
    let position = |entry: &Versioned<Message>| MessagePosition::of(&entry.value);
    page(kept.collect(), request, position, |MessagePosition(time, id)| (*time, *id))
}

fn within(time: Timestamp, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    since.is_none_or(|since| since <= time) && until.is_none_or(|until| time < until)
}
