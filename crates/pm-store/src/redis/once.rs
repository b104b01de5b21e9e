//! Writes that may be repeated.
//!
//! The record of what was answered stands in the slot of the project, written by the script that does the write. Which
//! project that is, and that a key is not used for two, is told by a *claim* in a slot of its own, since a scope is
//! not bound to a project: it is made before the write, and confirmed or taken back after it.

use std::time::Duration;

use pm_core::model::ProjectId;
use pm_core::ports::{Once, Stamp, Written};
use pm_core::{Error, Result};
use uuid::Uuid;

use super::Inner;
use super::keys::hex;
use super::record;
use super::reply::{Reply, Said};

/// How often, and how far apart, it is looked whether a write under way with another body ends well.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What scripts are told of the record: scope, fingerprint, stamp, until when.
pub(super) fn arguments(once: Option<&Once>) -> [Vec<u8>; 4] {
    let Some(once) = once else { return Default::default() };
    [
        hex(&once.scope).into_bytes(),
        once.fingerprint.to_vec(),
        stamp(once.stamp),
        record::expiry_ms(once.expires_at).into_bytes(),
    ]
}

fn stamp(stamp: Stamp) -> Vec<u8> {
    let mut bytes = stamp.id.into_bytes().to_vec();
    bytes.extend_from_slice(&record::time(stamp.at.as_microsecond()));
    bytes
}

fn read_stamp(bytes: &[u8]) -> Result<Stamp> {
    let broken = || Error::internal("a stamp in Redis is not as this version writes it");
    let (id, at) = bytes.split_first_chunk::<16>().ok_or_else(broken)?;
    let at = at.try_into().map_err(|_| broken())?;
    let at = jiff::Timestamp::from_microsecond(record::micros(at)).map_err(Error::internal)?;
    Ok(Stamp { id: Uuid::from_bytes(*id), at })
}

/// What the first to claim a scope meant to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meant {
    pub(super) stamp: Stamp,
    /// In which project.
    pub(super) project: ProjectId,
}

impl Meant {
    fn read(bytes: &[u8]) -> Result<Self> {
        let (stamp, project) = bytes.split_at_checked(24).unwrap_or((bytes, &[]));
        let project = Uuid::from_slice(project).map_err(Error::internal)?;
        Ok(Self { stamp: read_stamp(stamp)?, project: ProjectId::new(project) })
    }
}

/// What a script answered to a write, the first time or again.
pub(super) fn written<T>(said: Said, outcome: impl FnOnce(&mut Reply) -> Result<T>) -> Result<Written<T>> {
    let Said { word, mut rest } = said;
    let replay_of = match word.as_str() {
        "ok" => None,
        "replay" => Some(read_stamp(&rest.bytes()?)?),
        _ => return Err(Error::internal(format!("a script answered {word:?} to a write"))),
    };
    Ok(Written { outcome: outcome(&mut rest)?, replay_of })
}

impl Inner {
    /// Does `work` in `project` under the claim of `once`; it is given what the first who wanted the same meant to do.
    pub(super) async fn once<T>(
        &self,
        once: Option<&Once>,
        project: ProjectId,
        work: impl AsyncFnOnce(Option<Meant>) -> Result<T>,
    ) -> Result<T> {
        let Some(once) = once else { return work(None).await };
        let first = self.claim(once, project).await?;
        let outcome = work(Some(first)).await;
        // Unknown outcomes are left to expire: the write may have been done.
        let done = match &outcome {
            Ok(_) => record::expiry_ms(once.expires_at).into_bytes(),
            Err(Error::StoreUnavailable(_)) => return outcome,
            Err(_) => Vec::new(),
        };
        let call = self.keys.on_claim(&once.scope);
        let settled =
            self.write(&self.scripts.settle_claim, call, vec![once.fingerprint.to_vec(), done]).await;
        outcome.and_then(|outcome| settled.map(|_| outcome))
    }

    async fn claim(&self, once: &Once, project: ProjectId) -> Result<Meant> {
        let meant = [stamp(once.stamp).as_slice(), project.uuid().as_bytes()].concat();
        let mut looks = 0;
        loop {
            let args = vec![once.fingerprint.to_vec(), meant.clone()];
            let call = self.keys.on_claim(&once.scope);
            let mut said = self.write(&self.scripts.claim, call, args).await?;
            match said.word.as_str() {
                "ok" => return Meant::read(&said.rest.bytes()?),
                // Another body is under way. If it fails, the key is free.
                "other" if looks < LOOKS => looks += 1,
                _ => return Err(Error::IdempotencyMismatch),
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}
