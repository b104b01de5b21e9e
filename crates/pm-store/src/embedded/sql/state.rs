//! The state of a project that every write looks at: whether it takes writes, its revision and its counters.

use std::collections::HashMap;

use pm_core::Error;
use pm_core::model::{MemoryType, ProjectId, Version};
use rusqlite::{Connection, Row, params};

use super::super::fault::Result;
use super::query::{self, first, unsigned};

/// A row of `project_state`.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The project's primary key.
    pub(super) project: i64,
    pub(super) archived: bool,
    revision: i64,
    /// Items by rank of type, expired ones among them.
    items: [i64; 4],
    messages: i64,
}

const SELECT: &str = "SELECT s.project, s.archived, s.revision, s.errors, s.solutions, s.contexts, s.dependencies, \
     s.messages FROM project p JOIN project_state s ON s.project = p.pk WHERE p.id = ?1";

impl State {
    /// Of a project that is new.
    pub(super) fn new(project: i64, archived: bool) -> Self {
        Self { project, archived, revision: 0, items: [0; 4], messages: 0 }
    }

    /// Of this project, if it is there.
    pub(super) fn find(connection: &Connection, id: ProjectId) -> Result<Option<Self>> {
        first(connection, SELECT, [id.uuid().into_bytes()], Self::read)
    }

    /// Of this project, which must be there.
    pub(super) fn of(connection: &Connection, id: ProjectId) -> Result<Self> {
        Ok(Self::find(connection, id)?.ok_or(Error::ProjectNotFound)?)
    }

    /// Of this project, which must take writes.
    pub(super) fn writable(connection: &Connection, id: ProjectId) -> Result<Self> {
        let state = Self::of(connection, id)?;
        if state.archived { Err(Error::ProjectArchived.into()) } else { Ok(state) }
    }

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            project: row.get(0)?,
            archived: row.get(1)?,
            revision: row.get(2)?,
            items: [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
            messages: row.get(7)?,
        })
    }

    /// Gives out the next version.
    pub(super) fn next_version(&mut self) -> Version {
        self.revision += 1;
        Version(unsigned(self.revision))
    }

    /// Counts items that are added or, by a negative number, removed.
    pub(super) fn count_items(&mut self, r#type: MemoryType, more: i64) {
        if let Some(counter) = self.items.get_mut(usize::from(r#type.rank())) {
            *counter += more;
        }
    }

    /// Counts all items out.
    pub(super) fn count_no_items(&mut self) {
        self.items = [0; 4];
    }

    /// Counts messages that are added or, by a negative number, removed.
    pub(super) fn count_messages(&mut self, more: i64) {
        self.messages += more;
    }

    /// How many messages there are.
    pub(super) fn messages(&self) -> u64 {
        unsigned(self.messages)
    }

    /// How many live items there are, by rank of type: what is counted, but for what has expired.
    pub(super) fn live_items(&self, connection: &Connection, now: i64) -> Result<[u64; 4]> {
        const EXPIRED: &str = "SELECT type, count(*) FROM item INDEXED BY item_expiry_in_project \
             WHERE project = ?1 AND expires_at <= ?2 GROUP BY type";
        let mut live = self.items;
        let expired = query::all(connection, EXPIRED, params![self.project, now], |row| {
            Ok((row.get::<_, u8>(0)?, row.get::<_, i64>(1)?))
        })?;
        for (rank, expired) in expired {
            if let Some(counter) = live.get_mut(usize::from(rank)) {
                *counter -= expired;
            }
        }
        Ok(live.map(unsigned))
    }

    /// Keeps a new one.
    pub(super) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.keep(connection, "INSERT INTO project_state VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    }

    /// Keeps what changed.
    pub(super) fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.keep(
            connection,
            "UPDATE project_state SET archived = ?2, revision = ?3, errors = ?4, solutions = ?5, contexts = ?6, \
             dependencies = ?7, messages = ?8 WHERE project = ?1",
        )
    }

    fn keep(&self, connection: &Connection, sql: &str) -> rusqlite::Result<()> {
        let [errors, solutions, contexts, dependencies] = self.items;
        let values = params![
            self.project,
            self.archived,
            self.revision,
            errors,
            solutions,
            contexts,
            dependencies,
            self.messages
        ];
        connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}

/// The states of projects to which plain jobs of one transaction wrote. Each is saved once for all of these jobs, rather than
/// read and saved by each of them.
#[derive(Default, Debug)]
pub(in super::super) struct Unsaved(HashMap<ProjectId, State>);

impl Unsaved {
    /// The state of this project, which must take writes.
    pub(super) fn writable(&self, connection: &Connection, id: ProjectId) -> Result<State> {
        self.0.get(&id).map_or_else(|| State::writable(connection, id), |state| Ok(state.clone()))
    }

    /// Notes what a job that has succeeded made of it.
    pub(super) fn note(&mut self, id: ProjectId, state: State) {
        self.0.insert(id, state);
    }

    /// Saves them all.
    pub(in super::super) fn save(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.0.drain().try_for_each(|(_, state)| state.save(connection))
    }

    /// Forgets them: nothing of what they count was kept.
    pub(in super::super) fn forget(&mut self) {
        self.0.clear();
    }
}
