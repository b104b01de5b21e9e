//! The list of a project's items.

use pm_core::model::{Key, MemoryItem, MemoryType, ProjectId, Versioned};
use pm_core::ports::{ItemFilter, ItemPosition, ItemSort, Order, Page, PageRequest, SortValue};
use pm_core::{Error, Result};

use super::ranges::{Place, Ranges};
use super::{ANSWER_BYTES, ENTRIES_AT_ONCE, Inner, number, record};

/// How often such a list is read anew because it changed meanwhile; after that it is answered as it was found.
const READINGS: usize = 3;

/// An index, and the part of it that a list is.
struct Source {
    index: &'static [u8],
    ranges: Ranges,
}

/// What one call answered.
struct Part {
    /// Names with records, or with times where no records were asked for.
    found: Vec<(Vec<u8>, Vec<u8>)>,
    total: u64,
    more: bool,
    /// The project's revision and the count of its changes: what tells whether anything happened between two parts.
    state: (u64, u64),
}

impl Inner {
    /// See `Store::list_items`.
    pub(super) async fn list_items(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        request: &PageRequest<ItemSort, ItemPosition>,
    ) -> Result<Page<Versioned<MemoryItem>>> {
        let by_key = request.sort == ItemSort::Key;
        let timed = filter.session_id.is_some() || filter.since.is_some() || filter.until.is_some();
        if by_key && timed || !by_key && filter.prefix.is_some() {
            return self.sorted_here(project, filter, request).await;
        }
        let source = if by_key { by_name(filter, request.order) } else { by_time(filter, request.order) };
        let mut after = request.after.as_ref().map(|position| place(position, request.sort)).transpose()?;
        let mut page = Page { entries: Vec::new(), total: 0, more: true };
        // An answer may be cut short by its size.
        while page.more && page.entries.len() < request.limit {
            let limit = request.limit - page.entries.len();
            let part = self.item_part(project, &source, after.as_ref(), limit, ANSWER_BYTES).await?;
            for (name, record) in &part.found {
                page.entries.push(record::read_item(project, name, record)?);
            }
            (page.total, page.more) = (part.total, part.more);
            if part.found.is_empty() {
                break;
            }
            let last = page.entries.last().map(|last| ItemPosition::of(&last.value, request.sort));
            after = last.map(|position| place(&position, request.sort)).transpose()?;
        }
        Ok(page)
    }

    async fn item_part(
        &self,
        project: ProjectId,
        source: &Source,
        after: Option<&Place>,
        limit: usize,
        bytes: usize,
    ) -> Result<Part> {
        let mut args = vec![source.index.to_vec(), number(bytes)];
        args.extend(source.ranges.arguments(after, limit));
        let said = self.read(&self.scripts.list_items, self.keys.on_memory(project), args).await?;
        let mut rest = said.ok()?;
        let found = rest.array()?.pairs()?;
        let (total, more) = (rest.number()?, rest.text()? == "1");
        Ok(Part { found, total, more, state: (rest.number()?, rest.number()?) })
    }

    /// A list in an order that no index has together with its filter: names and times are read, the rest is done here.
    async fn sorted_here(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        request: &PageRequest<ItemSort, ItemPosition>,
    ) -> Result<Page<Versioned<MemoryItem>>> {
        let mut reading = 1;
        loop {
            let (mut positions, before) = self.positions(project, filter, request.sort).await?;
            let total = u64::try_from(positions.len()).unwrap_or(u64::MAX);
            positions.sort_by(|a, b| rank(a).cmp(&rank(b)));
            if request.order == Order::Descending {
                positions.reverse();
            }
            if let Some(after) = &request.after {
                positions.retain(|position| match request.order {
                    Order::Ascending => rank(position) > rank(after),
                    Order::Descending => rank(position) < rank(after),
                });
            }
            let more = positions.len() > request.limit;
            positions.truncate(request.limit);
            let names: Vec<_> =
                positions.into_iter().map(|ItemPosition(_, r#type, key)| (r#type, key)).collect();
            let items = self.items(project, &names).await?;
            // Nothing of the list is asked for: only whether anything happened since it was read.
            let none = by_time(&ItemFilter::default(), Order::Ascending);
            let now = self.item_part(project, &none, None, 1, 0).await?.state;
            if now == before || reading == READINGS {
                return Ok(Page { entries: items.into_iter().flatten().collect(), total, more });
            }
            reading += 1;
        }
    }

    /// The places of all items that pass the filter, in no particular order, and the state of the project at first.
    async fn positions(
        &self,
        project: ProjectId,
        filter: &ItemFilter,
        sort: ItemSort,
    ) -> Result<(Vec<ItemPosition>, (u64, u64))> {
        let source = by_time(filter, Order::Ascending);
        let (mut positions, mut state, mut after) = (Vec::new(), None, None);
        loop {
            let part = self.item_part(project, &source, after.as_ref(), ENTRIES_AT_ONCE, 0).await?;
            let state = *state.get_or_insert(part.state);
            for (name, time) in &part.found {
                let (r#type, key) = record::read_name(name)?;
                let time = <[u8; 8]>::try_from(time.as_slice()).map_err(Error::internal)?;
                after = Some(time_place(time, r#type, &key));
                if filter.prefix.as_ref().is_none_or(|prefix| key.as_str().starts_with(prefix)) {
                    let value = match sort {
                        ItemSort::Timestamp => SortValue::Time(record::micros(time)),
                        ItemSort::Key => SortValue::Text(key.as_str().to_owned()),
                    };
                    positions.push(ItemPosition(value, r#type, key));
                }
            }
            if !part.more {
                return Ok((positions, state));
            }
        }
    }
}

/// What positions of one list are compared by.
fn rank(position: &ItemPosition) -> (i64, &str, MemoryType, &Key) {
    let ItemPosition(value, r#type, key) = position;
    let (time, text) = match value {
        SortValue::Time(micros) => (*micros, ""),
        SortValue::Text(text) => (0, text.as_str()),
    };
    (time, text, *r#type, key)
}

fn groups(filter: &ItemFilter) -> Vec<u8> {
    filter
        .r#type
        .map_or_else(|| MemoryType::ALL.map(record::rank).to_vec(), |r#type| vec![record::rank(r#type)])
}

fn by_time(filter: &ItemFilter, order: Order) -> Source {
    let skip = filter.session_id.as_ref().map(|id| record::session(Some(id)).to_vec());
    Source {
        index: if skip.is_some() { b"s" } else { b"t" },
        ranges: Ranges {
            order,
            skip: skip.unwrap_or_default(),
            head: 8,
            groups: groups(filter),
            lower: filter.since.map(|since| record::time(since.as_microsecond()).to_vec()),
            upper: filter.until.map(|until| record::time(until.as_microsecond()).to_vec()),
        },
    }
}

fn by_name(filter: &ItemFilter, order: Order) -> Source {
    let prefix = filter.prefix.as_ref().filter(|prefix| !prefix.is_empty());
    Source {
        index: b"k",
        ranges: Ranges {
            order,
            skip: Vec::new(),
            head: usize::MAX,
            groups: groups(filter),
            lower: prefix.map(|prefix| prefix.as_bytes().to_vec()),
            // Text is UTF-8, which has no byte 0xff.
            upper: prefix.map(|prefix| [prefix.as_bytes(), b"\xff"].concat()),
        },
    }
}

fn place(position: &ItemPosition, sort: ItemSort) -> Result<Place> {
    let ItemPosition(value, r#type, key) = position;
    match (sort, value) {
        (ItemSort::Timestamp, SortValue::Time(micros)) => Ok(time_place(record::time(*micros), *r#type, key)),
        (ItemSort::Key, SortValue::Text(text)) => {
            Ok(Place { head: text.as_bytes().to_vec(), group: Some(record::rank(*r#type)), tail: Vec::new() })
        }
        _ => Err(Error::internal("a position in a list of another order")),
    }
}

fn time_place(time: [u8; 8], r#type: MemoryType, key: &Key) -> Place {
    Place { head: time.to_vec(), group: Some(record::rank(r#type)), tail: key.as_str().as_bytes().to_vec() }
}
