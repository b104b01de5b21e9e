//! The list of projects.

use pm_core::model::{Project, ProjectId, ProjectStatus, Versioned};
use pm_core::ports::{Order, Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort, SortValue};
use pm_core::{Error, Result};
use uuid::Uuid;

use super::ranges::{Place, Ranges};
use super::registry::Found;
use super::{ANSWER_BYTES, Inner, number, record};

/// How many projects are read at a time where a text is searched for.
const SEARCHED_AT_ONCE: usize = 500;
/// How often marks are followed up before the list is answered as it is.
const CATCHING_UP: usize = 5;

/// What one call answered.
struct Part {
    projects: Vec<Versioned<Project>>,
    total: u64,
    more: bool,
}

impl Inner {
    /// See `Store::projects`.
    pub(super) async fn projects(
        &self,
        filter: &ProjectFilter,
        request: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        match &filter.search {
            Some(text) => self.search(&text.to_lowercase(), filter.status, request).await,
            None => self.page(filter.status, request).await,
        }
    }

    async fn page(
        &self,
        status: Option<ProjectStatus>,
        request: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        let mut page = Page { entries: Vec::new(), total: 0, more: true };
        let mut after = request.after.clone();
        // An answer may be cut short by its size.
        while page.more && page.entries.len() < request.limit {
            let limit = request.limit - page.entries.len();
            let part = self.part(status, request, after.as_ref(), limit).await?;
            (page.total, page.more) = (part.total, part.more);
            page.entries.extend(part.projects);
            let Some(last) = page.entries.last() else { break };
            after = Some(ProjectPosition::of(&last.value, request.sort));
        }
        Ok(page)
    }

    /// Reads through all projects of the status, step by step: no index knows what a name contains.
    async fn search(
        &self,
        needle: &str,
        status: Option<ProjectStatus>,
        request: &PageRequest<ProjectSort, ProjectPosition>,
    ) -> Result<Page<Versioned<Project>>> {
        let mut page = Page { entries: Vec::new(), total: 0, more: false };
        let (mut at, mut passed) = (None, request.after.is_none());
        loop {
            let part = self.part(status, request, at.as_ref(), SEARCHED_AT_ONCE).await?;
            for found in part.projects {
                let position = ProjectPosition::of(&found.value, request.sort);
                passed = passed
                    || request.after.as_ref().is_some_and(|after| follows(&position, after, request.order));
                at = Some(position);
                let holds = |text: &String| text.to_lowercase().contains(needle);
                if holds(&found.value.name) || found.value.description.as_ref().is_some_and(holds) {
                    page.total += 1;
                    if passed && page.entries.len() < request.limit {
                        page.entries.push(found);
                    } else if passed {
                        page.more = true;
                    }
                }
            }
            if !part.more {
                return Ok(page);
            }
        }
    }

    async fn part(
        &self,
        status: Option<ProjectStatus>,
        request: &PageRequest<ProjectSort, ProjectPosition>,
        after: Option<&ProjectPosition>,
        limit: usize,
    ) -> Result<Part> {
        let (order, ranges) = ranges(status, request);
        let after = after.map(|after| place(after, request.sort)).transpose()?;
        let mut seen: Vec<Found> = Vec::new();
        for turn in 1.. {
            let mut args = vec![order.to_vec(), number(ANSWER_BYTES)];
            args.extend(ranges.arguments(after.as_ref(), limit));
            let said = self.read(&self.scripts.registry_page, self.keys.on_registry(), args).await?;
            let mut rest = said.ok()?;
            let found = rest.array()?.pairs()?;
            let (total, more) = (rest.number()?, rest.text()? == "1");
            let marks = rest.array()?.pairs()?;
            let marks: Vec<_> = marks.iter().filter_map(|(mark, age)| Found::read(mark, age)).collect();
            if turn == CATCHING_UP || marks.iter().all(|mark| seen.iter().any(|seen| seen.is(mark))) {
                let projects =
                    found.iter().map(|(_, entry)| record::read_entry(entry)).collect::<Result<_>>()?;
                return Ok(Part { projects, total, more });
            }
            self.catch_up(&marks).await?;
            seen = marks;
        }
        Err(Error::internal("a loop without end has ended"))
    }

    /// The ids of projects after a place in the order of their making, at most `limit`, and where to go on.
    pub(super) async fn some_projects(
        &self,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<(Vec<ProjectId>, Option<Vec<u8>>)> {
        // By name of status alone, since the order does not matter as long as it is one.
        let request =
            PageRequest { sort: ProjectSort::CreatedAt, order: Order::Ascending, after: None, limit };
        let (order, ranges) = ranges(None, &request);
        let after = after.map(|head| Place { head, group: None, tail: Vec::new() });
        let mut args = vec![order.to_vec(), number(ANSWER_BYTES)];
        args.extend(ranges.arguments(after.as_ref(), limit));
        let said = self.read(&self.scripts.registry_page, self.keys.on_registry(), args).await?;
        let mut rest = said.ok()?;
        let found = rest.array()?.pairs()?;
        rest.number()?;
        let more = rest.text()? == "1";
        let mut ids = Vec::with_capacity(found.len());
        let mut last = None;
        for (id, entry) in &found {
            let id = Uuid::from_slice(id).map_err(Error::internal)?;
            let created = record::read_entry(entry)?.value.created_at;
            last = Some([record::time(created.as_microsecond()).as_slice(), id.as_bytes()].concat());
            ids.push(ProjectId::new(id));
        }
        Ok((ids, last.filter(|_| more)))
    }
}

/// The index of an order, and the part of it that a list is.
fn ranges(
    status: Option<ProjectStatus>,
    request: &PageRequest<ProjectSort, ProjectPosition>,
) -> (&'static [u8], Ranges) {
    let order: &[u8] = match request.sort {
        ProjectSort::CreatedAt => b"c",
        ProjectSort::UpdatedAt => b"u",
        ProjectSort::Name => b"n",
    };
    let groups = status.map_or_else(|| b"01".to_vec(), |status| vec![record::status(status)]);
    let ranges =
        Ranges { order: request.order, skip: Vec::new(), head: usize::MAX, groups, lower: None, upper: None };
    (order, ranges)
}

fn place(position: &ProjectPosition, sort: ProjectSort) -> Result<Place> {
    let ProjectPosition(value, id) = position;
    let value = match (sort, value) {
        (ProjectSort::Name, SortValue::Text(name)) => [name.as_bytes(), b"\0"].concat(),
        (ProjectSort::CreatedAt | ProjectSort::UpdatedAt, SortValue::Time(micros)) => {
            record::time(*micros).to_vec()
        }
        _ => return Err(Error::internal("a position in a list of another order")),
    };
    Ok(Place { head: [value.as_slice(), id.uuid().as_bytes()].concat(), group: None, tail: Vec::new() })
}

/// Whether `position` comes after `after`.
fn follows(position: &ProjectPosition, after: &ProjectPosition, order: Order) -> bool {
    let rank = |ProjectPosition(value, id): &ProjectPosition| match value {
        SortValue::Time(micros) => (*micros, String::new(), *id),
        SortValue::Text(text) => (0, text.clone(), *id),
    };
    match order {
        Order::Ascending => rank(position) > rank(after),
        Order::Descending => rank(position) < rank(after),
    }
}
