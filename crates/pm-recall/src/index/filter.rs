//! What a query lets through, apart from its text.

use super::Index;
use super::slots::{Mark, Slot};
use crate::Query;

pub(super) struct Filter<'a> {
    query: &'a Query<'a>,
    /// Number of the query's session.
    session: Option<u32>,
}

impl<'a> Filter<'a> {
    /// `None` if nothing can pass: no item has the session.
    pub(super) fn new(index: &Index, query: &'a Query<'a>) -> Option<Self> {
        let session = match query.session {
            Some(session) => Some(index.sessions.get(session)?),
            None => None,
        };
        Some(Self { query, session })
    }

    /// Whether no item of this mark passes, as far as the mark tells.
    pub(super) fn refuses(&self, mark: Mark) -> bool {
        !mark.is_live() || mark.kind().is_none_or(|kind| !self.query.kinds.contains(kind))
    }

    /// Whether items pass by more than their mark, whatever it is.
    pub(super) fn looks_closer(&self) -> bool {
        self.session.is_some() || self.query.since.is_some() || self.query.until.is_some()
    }

    pub(super) fn admits(&self, slot: &Slot) -> bool {
        self.query.kinds.contains(slot.kind)
            && self.session.is_none_or(|session| slot.session == session)
            && self.query.since.is_none_or(|since| slot.timestamp >= since)
            && self.query.until.is_none_or(|until| slot.timestamp < until)
            && slot.expires_at > self.query.now
    }
}
