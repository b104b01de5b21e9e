//! What changed in a project's memory after a position in its log.

use std::sync::Arc;

use pm_core::Result;
use pm_core::model::ProjectId;
use pm_core::ports::Change;

use super::{ANSWER_BYTES, Inner, number, record};

/// The most names that are asked for in one call.
const NAMES_AT_ONCE: usize = 1_000;

/// A position in the log: how many changes there had been, and the token of the last.
///
/// The token tells histories apart that are equally long: a server that came back with an older state and took
/// other writes since, or a replica that was promoted before it had them all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Position {
    pub(super) entries: u64,
    pub(super) last: Vec<u8>,
}

/// What one call answered.
#[derive(Debug)]
pub(super) enum Read {
    /// These changes, up to this position; and whether that is where the log ended.
    Changes(Vec<Change>, Position, bool),
    /// The log does not reach back to the position, or its history is another.
    Lost,
}

impl Inner {
    /// Reads on from a position.
    pub(super) async fn changes(&self, project: ProjectId, from: &Position) -> Result<Read> {
        let args = vec![number(from.entries), from.last.clone(), number(NAMES_AT_ONCE), number(ANSWER_BYTES)];
        let said = self.read(&self.scripts.changes, self.keys.on_memory(project), args).await?;
        if said.word == "lost" {
            return Ok(Read::Lost);
        }
        let mut rest = said.ok()?;
        let position = Position { entries: rest.number()?, last: rest.bytes()? };
        let end = rest.number()?;
        let mut changes = Vec::new();
        for (name, record) in rest.array()?.pairs()? {
            changes.push(if name.is_empty() {
                Change::Cleared
            } else if record.is_empty() {
                let (r#type, key) = record::read_name(&name)?;
                Change::Removed(r#type, key)
            } else {
                Change::Put(Arc::new(record::read_item(project, &name, &record)?.value))
            });
        }
        let complete = position.entries >= end;
        Ok(Read::Changes(changes, position, complete))
    }
}
