//! Single projects.

use pm_core::Error;
use pm_core::model::{JsonText, Precondition, Project, ProjectId, ProjectStatus, Version, Versioned};
use pm_core::ports::{Once, Written};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::super::fault::Result;
use super::super::job::Write;
use super::once::once;
use super::query::{execute, first, json, time, unsigned};
use super::state::State;
use super::vector;
use crate::followers::Notice;

/// The columns that [`read`] reads, of `project p JOIN project_state s`.
pub(super) const COLUMNS: &str =
    "p.id, p.name, p.description, s.archived, p.metadata, p.created_at, p.updated_at, p.version";

/// A project, from [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Versioned<Project>> {
    let archived: bool = row.get(3)?;
    let value = Project {
        id: ProjectId::new(Uuid::from_bytes(row.get(0)?)),
        name: row.get(1)?,
        description: row.get(2)?,
        status: if archived { ProjectStatus::Archived } else { ProjectStatus::Active },
        metadata: row.get::<_, Option<String>>(4)?.map(json).transpose()?,
        created_at: time(row.get(5)?)?,
        updated_at: time(row.get(6)?)?,
    };
    Ok(Versioned { value, version: Version(unsigned(row.get(7)?)) })
}

/// See `Store::project`.
pub(in super::super) fn find(connection: &Connection, id: ProjectId) -> Result<Option<Versioned<Project>>> {
    let sql =
        format!("SELECT {COLUMNS} FROM project p JOIN project_state s ON s.project = p.pk WHERE p.id = ?1");
    first(connection, &sql, [id.uuid().into_bytes()], read)
}

/// Fails where it is not there.
pub(in super::super) fn check(connection: &Connection, id: ProjectId) -> Result<()> {
    let there =
        first(connection, "SELECT 1 FROM project WHERE id = ?1", [id.uuid().into_bytes()], |_| Ok(()))?;
    Ok(there.ok_or(Error::ProjectNotFound)?)
}

/// See `Store::create_project`.
pub(in super::super) fn create(
    write: &mut Write<'_>,
    project: &Project,
    record: Option<&Once>,
) -> Result<Written<Version>> {
    once(write, record, |write| {
        let values = params![
            project.id.uuid().into_bytes(),
            project.name,
            project.description,
            project.metadata.as_ref().map(JsonText::as_str),
            project.created_at.as_microsecond(),
            project.updated_at.as_microsecond()
        ];
        execute(
            write.connection,
            "INSERT INTO project (id, name, description, metadata, created_at, updated_at, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
            values,
        )?;
        let archived = project.status == ProjectStatus::Archived;
        let mut state = State::new(write.connection.last_insert_rowid(), archived);
        let version = state.next_version();
        state.insert(write.connection)?;
        *write.projects_changed = true;
        Ok(version)
    })
}

/// See `Store::replace_project`.
pub(in super::super) fn replace(
    write: &mut Write<'_>,
    project: &Project,
    expected: Version,
) -> Result<Option<Version>> {
    let connection = write.connection;
    let Some(mut state) = State::find(connection, project.id)? else { return Ok(None) };
    let version = state.next_version();
    let values = params![
        state.project,
        project.name,
        project.description,
        project.metadata.as_ref().map(JsonText::as_str),
        project.created_at.as_microsecond(),
        project.updated_at.as_microsecond(),
        version.0.cast_signed(),
        expected.0.cast_signed()
    ];
    let replaced = execute(
        connection,
        "UPDATE project SET name = ?2, description = ?3, metadata = ?4, created_at = ?5, updated_at = ?6, \
         version = ?7 WHERE pk = ?1 AND version = ?8",
        values,
    )?;
    if replaced == 0 {
        return Ok(None);
    }
    state.archived = project.status == ProjectStatus::Archived;
    state.save(connection)?;
    *write.projects_changed = true;
    Ok(Some(version))
}

/// See `Store::delete_project`.
pub(in super::super) fn delete(
    write: &mut Write<'_>,
    id: ProjectId,
    condition: &Precondition,
) -> Result<bool> {
    let connection = write.connection;
    let there = first(
        connection,
        "SELECT pk, version FROM project WHERE id = ?1",
        [id.uuid().into_bytes()],
        |row| Ok((row.get::<_, i64>(0)?, Version(unsigned(row.get(1)?)))),
    )?;
    condition.check(there.map(|(_, version)| version))?;
    let Some((project, _)) = there else { return Ok(false) };
    vector::clear(connection, project)?;
    for table in [
        "DELETE FROM item WHERE project = ?1",
        "DELETE FROM message WHERE project = ?1",
        "DELETE FROM project_state WHERE project = ?1",
        "DELETE FROM project WHERE pk = ?1",
    ] {
        execute(connection, table, [project])?;
    }
    write.notices.push((id, Notice::Gone));
    *write.projects_changed = true;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::embedded::open;

    #[test]
    fn binding_a_value_does_not_prepare_a_statement_anew() {
        let folder = tempfile::tempdir().unwrap();
        let database = open::database(folder.path()).unwrap();
        let reader = open::reader(&database.file).unwrap();
        for connection in [&reader, &database.connection] {
            let sql = format!(
                "SELECT {COLUMNS} FROM project p JOIN project_state s ON s.project = p.pk WHERE p.id = ?1"
            );
            for _ in 0..3 {
                find(connection, ProjectId::new(Uuid::from_u128(7))).unwrap();
            }
            let statement = connection.prepare_cached(&sql).unwrap();
            assert_eq!(statement.get_status(StatementStatus::Run), 3);
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
