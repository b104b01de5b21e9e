//! The list of a project's items.

use jiff::Timestamp;
use pm_core::model::{MemoryItem, MemoryType, ProjectId, Versioned};
use pm_core::ports::{ItemFilter, ItemPosition, ItemSort, Page, PageRequest};
use rusqlite::Connection;

use super::super::fault::Result;
use super::conditions::{Conditions, beyond, direction, end_of_prefix};
use super::item::{COLUMNS, read};
use super::project_list::sort_value;
use super::query::{all, count, one_more, page};
use super::state::State;

/// See `Store::list_items`.
pub(in super::super) fn list(
    connection: &Connection,
    now: i64,
    id: ProjectId,
    filter: &ItemFilter,
    request: &PageRequest<ItemSort, ItemPosition>,
) -> Result<Page<Versioned<MemoryItem>>> {
    let state = State::of(connection, id)?;
    let mut conditions = filtered(&state, now, filter);
    let total = total(connection, now, &state, filter, &conditions)?;
    let after = request.after.as_ref().map(|ItemPosition(value, r#type, key)| {
        let value = conditions.bind(sort_value(value));
        (value, r#type.rank(), conditions.bind(key.as_str().to_owned()))
    });
    let limit = conditions.bind(one_more(request.limit));
    let (order, beyond) = (direction(request.order), beyond(request.order));
    let sql = match request.sort {
        ItemSort::Timestamp => {
            if let Some(r#type) = filter.r#type {
                conditions.and(&format!("type = {}", r#type.rank()));
            }
            if let Some((time, rank, key)) = after {
                conditions.and(&format!("(timestamp, type, key) {beyond} ({time}, {rank}, {key})"));
            }
            format!(
                "SELECT {COLUMNS} FROM item INDEXED BY item_by_time WHERE {} \
                 ORDER BY timestamp {order}, type {order}, key {order} LIMIT {limit}",
                conditions.sql()
            )
        }
        // The index by name goes by type first: the lists of the types are merged.
        ItemSort::Key => {
            if let Some((key, rank, _)) = after {
                conditions.and(&format!("(key, type) {beyond} ({key}, {rank})"));
            }
            let of_type = |r#type: MemoryType| {
                format!(
                    "SELECT {COLUMNS} FROM item INDEXED BY item_by_name WHERE {} AND type = {}",
                    conditions.sql(),
                    r#type.rank()
                )
            };
            let lists = match filter.r#type {
                Some(r#type) => of_type(r#type),
                None => MemoryType::ALL.map(of_type).join(" UNION ALL "),
            };
            format!("{lists} ORDER BY key {order}, type {order} LIMIT {limit}")
        }
    };
    let entries = all(connection, &sql, conditions.values(), |row| read(id, row))?;
    Ok(page(entries, request.limit, total))
}

/// What the filter asks for, but for the type, which each query names in its own way.
fn filtered(state: &State, now: i64, filter: &ItemFilter) -> Conditions {
    let mut conditions = Conditions::new("TRUE");
    conditions.and_with("project =", Some(state.project));
    let now = conditions.bind(now);
    conditions.and(&format!("(expires_at IS NULL OR expires_at > {now})"));
    conditions.and_with("session_id =", filter.session_id.as_ref().map(|id| id.as_str().to_owned()));
    conditions.and_with("timestamp >=", filter.since.map(Timestamp::as_microsecond));
    conditions.and_with("timestamp <", filter.until.map(Timestamp::as_microsecond));
    conditions.and_with("key >=", filter.prefix.clone());
    conditions.and_with("key <", filter.prefix.as_deref().and_then(end_of_prefix));
    conditions
}

/// How many items the filter lets through: from the counters where they can tell, else from the index alone.
fn total(
    connection: &Connection,
    now: i64,
    state: &State,
    filter: &ItemFilter,
    conditions: &Conditions,
) -> Result<u64> {
    let of_type = |rank: u8| filter.r#type.is_none_or(|r#type| r#type.rank() == rank);
    if (ItemFilter { r#type: filter.r#type, ..ItemFilter::default() }) == *filter {
        let live = state.live_items(connection, now)?;
        return Ok((0..).zip(live).filter(|(rank, _)| of_type(*rank)).map(|(_, live)| live).sum());
    }
    let mut conditions = conditions.clone();
    conditions.and_with("type =", filter.r#type.map(|r#type| i64::from(r#type.rank())));
    let sql = format!("SELECT count(*) FROM item INDEXED BY item_by_time WHERE {}", conditions.sql());
    count(connection, &sql, conditions.values())
}
