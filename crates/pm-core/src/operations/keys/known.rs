//! A key that was found in the vault.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::operations::access::same;
use crate::policy::Principal;
use crate::ports::Digest;

/// How often the use of a key is noted, in seconds.
const NOTED_EVERY: i64 = 60;

/// A key as it is remembered.
#[derive(Debug)]
pub(in crate::operations) struct Known {
    digest: Digest,
    principal: Arc<Principal>,
    pub(super) expires_at: Option<Timestamp>,
    /// When its use was last noted, in seconds since 1970.
    noted_at: AtomicI64,
}

impl Known {
    pub(super) fn new(digest: Digest, principal: Principal, expires_at: Option<Timestamp>) -> Self {
        Self { digest, principal: Arc::new(principal), expires_at, noted_at: AtomicI64::new(i64::MIN) }
    }

    /// Whom it lets in who knows the secret with this digest.
    pub(super) fn admits(&self, digest: &Digest, now: Timestamp) -> Option<Arc<Principal>> {
        let right = same(&self.digest, digest) && self.expires_at.is_none_or(|expires| expires > now);
        right.then(|| self.principal.clone())
    }

    /// Whether its use is to be noted again.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now.as_second().saturating_sub(self.noted_at.load(Ordering::Relaxed)) >= NOTED_EVERY
    }

    pub(super) fn noted(&self, now: Timestamp) {
        self.noted_at.store(now.as_second(), Ordering::Relaxed);
    }
}
