//! Conditional requests (RFC 9110, section 13).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use pm_core::Error;
use pm_core::model::{Match, Precondition, Version};

/// `If-Match` and `If-None-Match` of a write.
pub struct Conditions(pub Precondition);

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let (if_match, if_none_match) = (tags(parts, &IF_MATCH, false), tags(parts, &IF_NONE_MATCH, true));
        Ok(Self(Precondition { if_match, if_none_match }))
    }
}

/// The conditions of a read.
pub struct ReadConditions {
    if_match: Precondition,
    if_none_match: Option<Match>,
}

impl ReadConditions {
    /// Whether the client has this version already; an `If-Match` that it does not pass is an error.
    pub fn known(&self, version: Version) -> Result<bool, Error> {
        self.if_match.check(Some(version))?;
        Ok(self.if_none_match.as_ref().is_some_and(|tags| tags.matches(Some(version))))
    }
}

impl<S: Sync> FromRequestParts<S> for ReadConditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let if_match = Precondition { if_match: tags(parts, &IF_MATCH, false), if_none_match: None };
        Ok(Self { if_match, if_none_match: tags(parts, &IF_NONE_MATCH, true) })
    }
}

/// The tags of all headers of this name. One that we never made stands for no version, and so matches nothing.
fn tags(parts: &Parts, name: &HeaderName, weak: bool) -> Option<Match> {
    let values = parts.headers.get_all(name);
    let mut lists = values.iter().map(|value| value.to_str().unwrap_or_default()).peekable();
    lists.peek()?;
    let mut versions = Vec::new();
    // Our tags hold digits alone, so that a comma is always between two tags.
    for tag in lists.flat_map(|list| list.split(',')).map(str::trim) {
        if tag == "*" {
            return Some(Match::Any);
        }
        // If-Match compares strongly, which a weak tag never passes; If-None-Match weakly.
        let strong = if weak { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        let opaque = strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        versions.extend(opaque.and_then(|opaque| opaque.parse().ok()).map(Version));
    }
    Some(Match::Versions(versions))
}
