//! Lets people and programs in: by an API key, by the token of a session, by the bootstrap key.

mod cache;
pub(super) mod hexadecimal;
mod id;
mod table;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use subtle::{Choice, ConstantTimeEq};

use super::{KeyText, Keys, Sessions, Users};
use crate::Result;
use crate::policy::{Admitted, Principal};
use crate::ports::{Clock, Digest, Ids, Vault};
pub(super) use cache::Cache;
pub(super) use id::CredentialId;

/// How often the vault is asked whether what is remembered still holds: what another node or a shell revoked is refused
/// after this long at the latest.
pub const WATCH_EVERY: Duration = Duration::from_secs(1);

/// What those reach the outside through who deal with credentials alone.
#[derive(Clone, Debug)]
pub struct VaultPorts {
    /// What keeps who may come in.
    pub vault: Arc<dyn Vault>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of ids and secrets.
    pub ids: Arc<dyn Ids>,
}

/// Whether these are the same, within a time that does not tell where they differ.
pub(super) fn same(a: &Digest, b: &Digest) -> bool {
    // By quarters: what keeps the compiler from taking a short cut costs as much for a byte as for 8.
    let quarters = a.as_chunks().0.iter().zip(b.as_chunks().0);
    let equal = quarters.map(|(a, b)| u64::from_ne_bytes(*a).ct_eq(&u64::from_ne_bytes(*b)));
    equal.fold(Choice::from(1), |all, quarter| all & quarter).into()
}

/// The door.
#[derive(Debug)]
pub struct Access {
    ports: VaultPorts,
    keys: Arc<Keys>,
    users: Arc<Users>,
    sessions: Arc<Sessions>,
    /// What the bootstrap key hashes to, where there is one.
    bootstrap: OnceLock<Digest>,
}

impl Access {
    /// The door to a vault, which these keep.
    pub fn new(ports: VaultPorts, keys: Arc<Keys>, users: Arc<Users>, sessions: Arc<Sessions>) -> Self {
        Self { ports, keys, users, sessions, bootstrap: OnceLock::new() }
    }

    /// Whom this key or access token lets in, if anybody.
    pub async fn authenticate(&self, sent: &str) -> Result<Option<Admitted>> {
        let Some(key) = KeyText::parse(sent) else { return self.sessions.authenticate(sent).await };
        match key.id {
            Some(id) => self.keys.authenticate(id, &key).await,
            None => self.admit_bootstrap(&key.digest()).await,
        }
    }

    /// Makes a key that sets the server up, good until the first administrator is there or the process ends. `None`:
    /// there is an administrator, or it is not known whether there is.
    pub async fn bootstrap(&self) -> Result<Option<KeyText>> {
        if self.has_administrator().await? {
            return Ok(None);
        }
        let text = KeyText::bootstrap(self.ports.ids.secret()?);
        Ok(self.bootstrap.set(text.digest()).is_ok().then_some(text))
    }

    async fn admit_bootstrap(&self, digest: &Digest) -> Result<Option<Admitted>> {
        let right = self.bootstrap.get().is_some_and(|known| same(known, digest));
        if !right || self.has_administrator().await? {
            return Ok(None);
        }
        Ok(Some(Principal::bootstrap().into()))
    }

    /// Whether somebody is there who may say who may come in.
    async fn has_administrator(&self) -> Result<bool> {
        Ok(self.users.has_administrator().await? || self.keys.has_administrator().await?)
    }

    /// Has what is remembered hold for as long as the vault says that it does. Never ends; without it every request asks
    /// the vault.
    pub async fn watch(&self) {
        let mut every = tokio::time::interval(WATCH_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            // From before the question: the answer holds for that moment.
            let asked = self.ports.clock.now();
            match self.ports.vault.revision().await {
                Ok(revision) => {
                    self.keys.cache.confirm(revision, asked);
                    self.sessions.cache.confirm(revision, asked);
                }
                // What is remembered lapses by itself.
                Err(error) => tracing::debug!(%error, "it is not known whether credentials were revoked"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_that_differ_in_one_bit_are_not_the_same() {
        let digest: Digest = std::array::from_fn(|at| u8::try_from(at * 7).unwrap());
        assert!(same(&digest, &digest));
        for bit in 0..256 {
            let mut other = digest;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!same(&digest, &other), "bit {bit}");
        }
    }
}
