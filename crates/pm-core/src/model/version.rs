//! Versions of stored things, and conditions on them: what `ETag`, `If-Match` and `If-None-Match` stand on.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The project's revision at which a thing was last written: it only grows, and is never given twice in a
/// project, so that a thing deleted and made again has another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

/// A thing with the version it is in.
#[derive(Clone, PartialEq, Debug)]
pub struct Versioned<T> {
    /// The thing.
    pub value: T,
    /// Its version.
    pub version: Version,
}

/// What a condition compares with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Match {
    /// Whatever is there (`*`).
    Any,
    /// One of these versions. Tags that are none of ours are left out: they match nothing.
    Versions(Vec<Version>),
}

impl Match {
    /// Whether a thing in this version (`None`: absent) is meant.
    pub fn matches(&self, current: Option<Version>) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Versions(versions), Some(current)) => versions.contains(&current),
        }
    }
}

/// What must hold for a write to be done; the store checks it in the same atomic step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Precondition {
    /// The thing must be there, in one of these versions.
    pub if_match: Option<Match>,
    /// The thing must not be there in one of these versions.
    pub if_none_match: Option<Match>,
}

impl Precondition {
    /// Holds whatever is there.
    pub const NONE: Self = Self { if_match: None, if_none_match: None };

    /// Holds for nothing, in whatever version it is.
    pub fn never() -> Self {
        Self { if_match: Some(Match::Versions(Vec::new())), if_none_match: None }
    }

    /// Whether it holds for a thing in this version (`None`: absent).
    pub fn check(&self, current: Option<Version>) -> Result<()> {
        let wanted = self.if_match.as_ref().is_none_or(|wanted| wanted.matches(current));
        let unwanted = self.if_none_match.as_ref().is_some_and(|unwanted| unwanted.matches(current));
        if wanted && !unwanted { Ok(()) } else { Err(Error::PreconditionFailed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_as_rfc_9110_says() {
        let two = Some(Version(2));
        let versions = |n| Some(Match::Versions(vec![Version(n)]));
        let cases = [
            (None, None, two, true),
            (None, None, None, true),
            (Some(Match::Any), None, two, true),
            (Some(Match::Any), None, None, false),
            (versions(2), None, two, true),
            (versions(1), None, two, false),
            (versions(2), None, None, false),
            (None, Some(Match::Any), two, false),
            (None, Some(Match::Any), None, true),
            (None, versions(2), two, false),
            (None, versions(1), two, true),
        ];
        for (if_match, if_none_match, current, holds) in cases {
            let condition = Precondition { if_match, if_none_match };
            assert_eq!(condition.check(current).is_ok(), holds, "{condition:?} on {current:?}");
        }
    }
}
