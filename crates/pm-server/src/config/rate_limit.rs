//! How often one caller may call.

use super::names;
use super::reader::{Checked, Reader, number};

/// How often one principal, or one address without one, may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls a second in the long run; 0 = no limit.
    pub per_second: u32,
    /// Calls at once after a pause; 0 = no limit.
    pub burst: u32,
}

impl RateLimit {
    /// Whether calls are counted at all.
    pub fn is_limited(self) -> bool {
        self.per_second > 0 && self.burst > 0
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<RateLimit> {
    let bounds = || number(0..=1_000_000, "; 0 = no limit");
    let per_second = reader.value(&names::RATE_LIMIT_PER_SECOND, bounds());
    let burst = reader.value(&names::RATE_LIMIT_BURST, bounds());
    Some(RateLimit { per_second: per_second?, burst: burst? })
}
