//! The record of who did what.

use jiff::SignedDuration;

use super::names;
use super::reader::{Checked, Reader, number};

/// The record of who did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// How long an entry is kept; `None` = for ever.
    pub kept: Option<SignedDuration>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Audit> {
    let days: i64 =
        reader.value(&names::AUDIT_RETENTION_DAYS, number(0..=36_500, " (a hundred years); 0 = for ever"))?;
    Some(Audit { kept: (days > 0).then(|| SignedDuration::from_hours(24 * days)) })
}
