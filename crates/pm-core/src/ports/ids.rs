//! The source of ids.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Ids and secrets one after the other, in the form of version 7, for tests and measurements: what is made of them is the same
/// at each start. Anybody can guess the secrets.
#[derive(Debug, Default)]
pub struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn next(&self) -> Uuid {
        let number = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        Uuid::from_u128(0x0199_d5f0_7d4e_7000_8000_0000_0000_0000 + number)
    }

    fn secret(&self) -> Result<[u8; 32]> {
        let [last, ..] = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        Ok([last; 32])
    }
}
