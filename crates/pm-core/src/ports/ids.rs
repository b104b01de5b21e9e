//! The source of ids.

use std::fmt;

use uuid::Uuid;

/// Makes ids that are unique and, made one after the other on one machine, sort in that order.
pub trait Ids: Send + Sync + fmt::Debug {
    /// The next id.
    fn next(&self) -> Uuid;
}

/// Version 7 UUIDs from the machine's clock and randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        #[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
        Uuid::now_v7()
    }
}
