//! The generic cell rate algorithm: a bucket of tokens, kept as one instant.
//!
//! After ITU-T Recommendation I.371, annex A (virtual scheduling). A bucket is its *theoretical arrival time*: the
//! instant at which it is full again. One in the past says nothing, so that a full bucket need not be kept.

use std::time::Duration;

/// Nanoseconds since 1970.
pub type Nanos = u64;

/// How many tokens a bucket has, and how fast they come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Nanoseconds in which one token comes back.
    interval: u64,
    burst: u32,
}

/// What came of asking for tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// How long until there are enough, where they were refused; `None`: they were taken.
    pub retry_after: Option<Duration>,
    /// How many are left.
    pub remaining: u32,
    /// How long until the bucket is full.
    pub full_after: Duration,
}

impl Policy {
    /// `burst` tokens at once, and one every `interval`; each is taken as at least the least there is.
    pub const fn every(interval: Duration, burst: u32) -> Self {
        let nanos =
            interval.as_secs().saturating_mul(1_000_000_000).saturating_add(interval.subsec_nanos() as u64);
        Self { interval: if nanos == 0 { 1 } else { nanos }, burst: if burst == 0 { 1 } else { burst } }
    }

    /// Tokens of a full bucket.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// In which time one token comes back.
    pub const fn interval(self) -> Duration {
        Duration::from_nanos(self.interval)
    }

    /// In which time an empty bucket fills.
    pub const fn window(self) -> Duration {
        Duration::from_nanos(self.span())
    }

    const fn span(self) -> u64 {
        self.interval.saturating_mul(self.burst as u64)
    }

    /// Takes `tokens` out of a bucket that is full again at `full_at`, or none; when it is full again then.
    ///
    /// Where the clock was set back the bucket counts as empty, and not as empty for as long as that.
    pub fn take(self, full_at: Nanos, now: Nanos, tokens: u32) -> (Nanos, Verdict) {
        let full_at = self.at(full_at, now);
        let limit = now.saturating_add(self.span());
        let wanted = full_at.saturating_add(self.interval.saturating_mul(u64::from(tokens)));
        if wanted > limit {
            let retry_after = Some(Duration::from_nanos(wanted - limit));
            return (full_at, Verdict { retry_after, ..self.look(full_at, now) });
        }
        (wanted, self.look(wanted, now))
    }

    /// Takes `tokens` as far as there are any.
    pub fn drain(self, full_at: Nanos, now: Nanos, tokens: u32) -> Nanos {
        let wanted = self.at(full_at, now).saturating_add(self.interval.saturating_mul(u64::from(tokens)));
        self.at(wanted, now)
    }

    /// Puts a token back.
    pub fn give_back(self, full_at: Nanos, now: Nanos) -> Nanos {
        self.at(full_at, now).saturating_sub(self.interval).max(now)
    }

    /// What a bucket looks like from which nothing is taken.
    fn look(self, full_at: Nanos, now: Nanos) -> Verdict {
        let missing = full_at.saturating_sub(now);
        let remaining = self.span().saturating_sub(missing) / self.interval;
        Verdict {
            retry_after: None,
            remaining: u32::try_from(remaining).unwrap_or(self.burst).min(self.burst),
            full_after: Duration::from_nanos(missing),
        }
    }

    fn at(self, full_at: Nanos, now: Nanos) -> Nanos {
        full_at.clamp(now, now.saturating_add(self.span()))
    }
}

#[cfg(test)]
mod tests;
