//! The source of ids.

use std::fmt;

use uuid::Uuid;

use crate::{Error, Result};

/// Makes ids that are unique and, made one after the other on one machine, sort in that order.
pub trait Ids: Send + Sync + fmt::Debug {
    /// The next id.
    fn next(&self) -> Uuid;

    /// 256 bits that nobody can guess.
    fn secret(&self) -> Result<[u8; 32]>;
}

/// Version 7 UUIDs from the machine's clock and randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        #[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
        Uuid::now_v7()
    }

    fn secret(&self) -> Result<[u8; 32]> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| Error::internal(error.to_string()))?;
        Ok(secret)
    }
}
