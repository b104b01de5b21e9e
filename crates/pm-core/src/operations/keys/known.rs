//! A key that was found in the vault.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::operations::access::same;
use crate::ports::Digest;

/// How often the use of a key is noted, in seconds.
const NOTED_EVERY: i64 = 60;
/// In place of a time that never comes.
const NEVER: i64 = i64::MAX;

/// A key as it is remembered, beside whom it lets in.
#[derive(Debug)]
pub(in crate::operations) struct Known {
    digest: Digest,
    /// When it ends, in microseconds since 1970: clocks show no less.
    expires_at: i64,
    /// When its use was last noted, in seconds since 1970.
    noted_at: AtomicI64,
}

impl Known {
    pub(super) fn new(digest: Digest, expires_at: Option<Timestamp>) -> Self {
        let expires_at = expires_at.map_or(NEVER, Timestamp::as_microsecond);
        Self { digest, expires_at, noted_at: AtomicI64::new(i64::MIN) }
    }

    /// Whether it lets somebody in who knows the secret with this digest.
    pub(super) fn admits(&self, digest: &Digest, now: Timestamp) -> bool {
        same(&self.digest, digest) && self.expires_at > now.as_microsecond()
    }

    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        // What never comes is beyond all times there are.
        Timestamp::from_microsecond(self.expires_at).ok()
    }

    /// Whether its use is to be noted again.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now.as_second().saturating_sub(self.noted_at.load(Ordering::Relaxed)) >= NOTED_EVERY
    }

    pub(super) fn noted(&self, now: Timestamp) {
        self.noted_at.store(now.as_second(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn it_ends_when_it_expires() {
        let digest = [7; 32];
        let now: Timestamp = "2026-03-05T14:07:00.000001Z".parse().unwrap();
        let before = now - SignedDuration::from_micros(1);
        let known = Known::new(digest, Some(now));
        assert!(known.admits(&digest, before) && !known.admits(&digest, now));
        assert!(!known.admits(&[8; 32], before));
        assert_eq!(known.expires_at(), Some(now));
        let known = Known::new(digest, None);
        assert!(known.admits(&digest, Timestamp::MAX) && !known.admits(&[8; 32], now));
        assert_eq!(known.expires_at(), None);
    }
}
