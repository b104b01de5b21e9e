//! Records of writes that may be repeated.

use pm_core::Error;
use pm_core::ports::{Digest, Once, Stamp, Written};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::super::fault::{Fault, Result};
use super::super::job::Write;
use super::query::{execute, first, time};

/// Does `work`, unless a record says that it was done: then the outcome is that of the first time.
pub(super) fn once<T: Serialize + DeserializeOwned>(
    write: &mut Write<'_>,
    once: Option<&Once>,
    work: impl FnOnce(&mut Write<'_>) -> Result<T>,
) -> Result<Written<T>> {
    let Some(once) = once else {
        return Ok(Written { outcome: work(write)?, replay_of: None });
    };
    if let Some((fingerprint, stamp, outcome)) = find(write.connection, &once.scope, write.now)? {
        if fingerprint != once.fingerprint {
            return Err(Error::IdempotencyMismatch.into());
        }
        let outcome = serde_json::from_str(&outcome).map_err(Fault::internal)?;
        return Ok(Written { outcome, replay_of: Some(stamp) });
    }
    let outcome = work(write)?;
    keep(write.connection, once, &outcome)?;
    Ok(Written { outcome, replay_of: None })
}

fn find(connection: &Connection, scope: &Digest, now: i64) -> Result<Option<(Digest, Stamp, String)>> {
    const SELECT: &str = "SELECT fingerprint, stamp_id, stamp_at, outcome FROM once \
         WHERE scope = ?1 AND expires_at > ?2";
    first(connection, SELECT, params![scope, now], |row| {
        let stamp = Stamp { id: Uuid::from_bytes(row.get(1)?), at: time(row.get(2)?)? };
        Ok((row.get(0)?, stamp, row.get(3)?))
    })
}

/// Replaces an outdated record, if there is one.
fn keep(connection: &Connection, once: &Once, outcome: &impl Serialize) -> Result<()> {
    let outcome = serde_json::to_string(outcome).map_err(Fault::internal)?;
    let values = params![
        once.scope,
        once.fingerprint,
        once.stamp.id.into_bytes(),
        once.stamp.at.as_microsecond(),
        once.expires_at.as_microsecond(),
        outcome
    ];
    execute(connection, "INSERT OR REPLACE INTO once VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values)?;
    Ok(())
}
