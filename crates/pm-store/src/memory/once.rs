//! Records of writes that may be repeated.

use jiff::Timestamp;
use pm_core::model::Version;
use pm_core::ports::{Once, PutOutcome, Written};
use pm_core::{Error, Result};

use super::state::State;

/// What was done under a scope.
#[derive(Clone, Debug)]
pub(super) struct Record {
    once: Once,
    outcome: Outcome,
}

/// The outcomes that a record can hold.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Version(Version),
    Put(PutOutcome),
}

impl Record {
    pub(super) fn outdated(&self, now: Timestamp) -> bool {
        self.once.expires_at <= now
    }
}

/// How outcomes of one kind are kept in a record, and read from it.
pub(super) struct Kept<T> {
    keep: fn(T) -> Outcome,
    recall: fn(&Outcome) -> Option<T>,
}

/// Does `work`, unless a record says that it was done: then the outcome is that of the first time.
pub(super) fn once<T: Clone>(
    state: &mut State,
    once: Option<&Once>,
    kept: &Kept<T>,
    work: impl FnOnce(&mut State) -> Result<T>,
) -> Result<Written<T>> {
    let Kept { keep, recall } = kept;
    if let Some(once) = once
        && let Some(record) = state.once.get(&once.scope).filter(|record| !record.outdated(state.now))
    {
        if record.once.fingerprint != once.fingerprint {
            return Err(Error::IdempotencyMismatch);
        }
        let outcome =
            recall(&record.outcome).ok_or_else(|| Error::internal("a record of another operation"))?;
        return Ok(Written { outcome, replay_of: Some(record.once.stamp) });
    }
    let outcome = work(state)?;
    if let Some(once) = once {
        let record = Record { once: once.clone(), outcome: keep(outcome.clone()) };
        state.once.insert(once.scope, record);
    }
    Ok(Written { outcome, replay_of: None })
}

/// How versions are kept in a record.
pub(super) const VERSION: Kept<Version> = Kept {
    keep: Outcome::Version,
    recall: |outcome| match outcome {
        Outcome::Version(version) => Some(*version),
        Outcome::Put(_) => None,
    },
};

/// How outcomes of storing items are kept in a record.
pub(super) const PUT: Kept<PutOutcome> = Kept {
    keep: Outcome::Put,
    recall: |outcome| match outcome {
        Outcome::Put(put) => Some(put.clone()),
        Outcome::Version(_) => None,
    },
};
