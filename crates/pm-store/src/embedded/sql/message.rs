//! Messages.

use jiff::Timestamp;
use pm_core::model::{
    Message, MessageId, MessageMetadata, Precondition, ProjectId, Role, SessionId, Version, Versioned,
};
use pm_core::ports::{MessageFilter, MessagePosition, Once, Page, PageRequest, Written};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::super::fault::{Fault, Result};
use super::super::job::Write;
use super::conditions::{Conditions, beyond, direction};
use super::once::once;
use super::query::{all, count, execute, first, one_more, page, time, unsigned};
use super::state::State;

const COLUMNS: &str = "id, role, content, timestamp, session_id, metadata, version";

/// A message of this project, from [`COLUMNS`].
fn read(project_id: ProjectId, row: &Row<'_>) -> Result<Versioned<Message>> {
    let session_id = row.get_ref(4)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let metadata = row.get_ref(5)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let metadata: Option<MessageMetadata> =
        metadata.map(serde_json::from_str).transpose().map_err(Fault::internal)?;
    let value = Message {
        id: MessageId::new(Uuid::from_bytes(row.get(0)?)),
        project_id,
        role: role(row.get(1)?)?,
        content: row.get(2)?,
        timestamp: time(row.get(3)?)?,
        session_id: session_id.map(SessionId::stored),
        metadata,
    };
    Ok(Versioned { value, version: Version(unsigned(row.get(6)?)) })
}

/// The number that is kept for a role: never changed once released.
fn number(role: Role) -> u8 {
    match role {
        Role::User => 0,
        Role::AiPm => 1,
        Role::System => 2,
    }
}

fn role(kept: u8) -> Result<Role> {
    match kept {
        0 => Ok(Role::User),
        1 => Ok(Role::AiPm),
        2 => Ok(Role::System),
        other => Err(Fault::internal(format!("no role has the number {other}"))),
    }
}

/// See `Store::create_message`.
pub(in super::super) fn create(
    write: &mut Write<'_>,
    message: &Message,
    record: Option<&Once>,
) -> Result<Written<Version>> {
    const INSERT: &str = "INSERT INTO message (project, id, timestamp, role, session_id, version, content, metadata) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    once(write, record, |write| {
        let mut state = State::writable(write.connection, message.project_id)?;
        let version = state.next_version();
        let metadata =
            message.metadata.as_ref().map(serde_json::to_string).transpose().map_err(Fault::internal)?;
        let values = params![
            state.project,
            message.id.uuid().into_bytes(),
            message.timestamp.as_microsecond(),
            number(message.role),
            message.session_id.as_ref().map(SessionId::as_str),
            version.0.cast_signed(),
            message.content,
            metadata
        ];
        execute(write.connection, INSERT, values)?;
        state.count_messages(1);
        state.save(write.connection)?;
        Ok(version)
    })
}

/// See `Store::message`.
pub(in super::super) fn find(
    connection: &Connection,
    project: ProjectId,
    id: MessageId,
) -> Result<Option<Versioned<Message>>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE project = (SELECT pk FROM project WHERE id = ?1) AND id = ?2"
    );
    first(connection, &sql, params![project.uuid().into_bytes(), id.uuid().into_bytes()], |row| {
        read(project, row)
    })
}

/// See `Store::delete_message`.
pub(in super::super) fn delete(
    write: &mut Write<'_>,
    project: ProjectId,
    id: MessageId,
    condition: &Precondition,
) -> Result<bool> {
    const SELECT: &str = "SELECT pk, version FROM message WHERE project = ?1 AND id = ?2";
    let connection = write.connection;
    let mut state = State::writable(connection, project)?;
    let there = first(connection, SELECT, params![state.project, id.uuid().into_bytes()], |row| {
        Ok((row.get::<_, i64>(0)?, Version(unsigned(row.get(1)?))))
    })?;
    condition.check(there.map(|(_, version)| version))?;
    let Some((pk, _)) = there else { return Ok(false) };
    execute(connection, "DELETE FROM message WHERE pk = ?1", [pk])?;
    state.count_messages(-1);
    state.save(connection)?;
    Ok(true)
}

/// See `Store::list_messages`.
pub(in super::super) fn list(
    connection: &Connection,
    project: ProjectId,
    filter: &MessageFilter,
    request: &PageRequest<(), MessagePosition>,
) -> Result<Page<Versioned<Message>>> {
    const FROM: &str = "FROM message INDEXED BY message_by_time WHERE";
    let state = State::of(connection, project)?;
    let mut conditions = Conditions::new("TRUE");
    conditions.and_with("project =", Some(state.project));
    conditions.and_with("role =", filter.role.map(|role| i64::from(number(role))));
    conditions.and_with("session_id =", filter.session_id.as_ref().map(|id| id.as_str().to_owned()));
    conditions.and_with("timestamp >=", filter.since.map(Timestamp::as_microsecond));
    conditions.and_with("timestamp <", filter.until.map(Timestamp::as_microsecond));
    let total = if *filter == MessageFilter::default() {
        state.messages()
    } else {
        count(connection, &format!("SELECT count(*) {FROM} {}", conditions.sql()), conditions.values())?
    };
    if let Some(MessagePosition(time, id)) = &request.after {
        let time = conditions.bind(*time);
        let id = conditions.bind(id.uuid().into_bytes().to_vec());
        conditions.and(&format!("(timestamp, id) {} ({time}, {id})", beyond(request.order)));
    }
    let limit = conditions.bind(one_more(request.limit));
    let order = direction(request.order);
    let sql = format!(
        "SELECT {COLUMNS} {FROM} {} ORDER BY timestamp {order}, id {order} LIMIT {limit}",
        conditions.sql()
    );
    Ok(page(all(connection, &sql, conditions.values(), |row| read(project, row))?, request.limit, total))
}
