//! Removing what has expired.

use pm_core::model::ProjectId;
use pm_core::ports::{Change, Swept};
use rusqlite::params;
use uuid::Uuid;

use super::super::fault::Result;
use super::super::job::Write;
use super::item::name;
use super::query::{all, execute, rows};
use super::state::State;
use super::vault;

/// See `Store::sweep`.
pub(in super::super) fn sweep(write: &mut Write<'_>, limit: usize) -> Result<Swept> {
    const EXPIRED: &str = "SELECT item.type, item.key, item.pk, project.id FROM item INDEXED BY item_expiry \
         JOIN project ON project.pk = item.project WHERE item.expires_at <= ?1 ORDER BY item.expires_at LIMIT ?2";
    const OUTDATED: &str = "DELETE FROM once WHERE scope IN \
         (SELECT scope FROM once WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
    let connection = write.connection;
    let mut expired = all(connection, EXPIRED, params![write.now, rows(limit)], |row| {
        let id = ProjectId::new(Uuid::from_bytes(row.get(3)?));
        Ok((id, row.get::<_, i64>(2)?, name(row)?))
    })?;
    expired.sort_unstable();
    let items = expired.len();
    for of_project in expired.chunk_by(|a, b| a.0 == b.0) {
        let Some((id, ..)) = of_project.first() else { continue };
        let mut state = State::of(connection, *id)?;
        for (_, pk, (r#type, key)) in of_project {
            execute(connection, "DELETE FROM item WHERE pk = ?1", [pk])?;
            state.count_items(*r#type, -1);
            write.notices.push((*id, Change::Removed(*r#type, key.clone()).into()));
        }
        state.save(connection)?;
    }
    let once = execute(connection, OUTDATED, params![write.now, rows(limit)])?;
    let records = vault::sweep(connection, write.now, limit)?;
    Ok(Swept { items, once, records })
}
