//! The list of projects.

use pm_core::model::{Project, ProjectStatus, Versioned};
use pm_core::ports::{Page, PageRequest, ProjectFilter, ProjectPosition, ProjectSort, SortValue};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::fault::Result;
use super::conditions::{Conditions, beyond, direction};
use super::project::{COLUMNS, read};
use super::query::{all, count, one_more, page};

const FROM: &str = "FROM project p JOIN project_state s ON s.project = p.pk WHERE";

/// See `Store::projects`.
pub(in super::super) fn list(
    connection: &Connection,
    filter: &ProjectFilter,
    request: &PageRequest<ProjectSort, ProjectPosition>,
) -> Result<Page<Versioned<Project>>> {
    let mut conditions = filtered(filter);
    let total =
        count(connection, &format!("SELECT count(*) {FROM} {}", conditions.sql()), conditions.values())?;
    let column = match request.sort {
        ProjectSort::CreatedAt => "p.created_at",
        ProjectSort::UpdatedAt => "p.updated_at",
        ProjectSort::Name => "p.name",
    };
    if let Some(ProjectPosition(value, id)) = &request.after {
        let value = conditions.bind(sort_value(value));
        let id = conditions.bind(id.uuid().into_bytes().to_vec());
        conditions.and(&format!("({column}, p.id) {} ({value}, {id})", beyond(request.order)));
    }
    let limit = conditions.bind(one_more(request.limit));
    let order = direction(request.order);
    let sql = format!(
        "SELECT {COLUMNS} {FROM} {} ORDER BY {column} {order}, p.id {order} LIMIT {limit}",
        conditions.sql()
    );
    Ok(page(all(connection, &sql, conditions.values(), read)?, request.limit, total))
}

fn filtered(filter: &ProjectFilter) -> Conditions {
    let mut conditions = Conditions::new("TRUE");
    conditions.and_with("s.archived =", filter.status.map(|status| status == ProjectStatus::Archived));
    if let Some(search) = &filter.search {
        let needle = conditions.bind(search.to_lowercase());
        conditions.and(&format!(
            "(lower_case_holds(p.name, {needle}) OR lower_case_holds(p.description, {needle}))"
        ));
    }
    conditions
}

/// What an entry is sorted by, as `SQLite` compares it.
pub(super) fn sort_value(value: &SortValue) -> Value {
    match value {
        SortValue::Time(micros) => Value::from(*micros),
        SortValue::Text(text) => Value::from(text.clone()),
    }
}
