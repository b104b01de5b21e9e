//! Passwords, kept as argon2id hashes (RFC 9106).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::model::Password;
use crate::{Error, Result};

/// What a hash costs: 19 MiB and two passes, as OWASP's Password Storage Cheat Sheet asks for at least.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Hashes made at a time: they take [`COST`] of memory each.
const AT_A_TIME: usize = 2;
/// Those who wait for their turn; whoever comes then is turned away.
const WAITING: usize = 64;
/// Bytes of salt.
const SALT: usize = 16;

/// The hash of a password that nobody has, at the same cost: who asks for a user that is not there waits for as long.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YWktcG06IG5vYm9keSdzIA$MEidWsKXVv8fvA6XJeH7yf9RgaZanEuITzcVzRq/LPU";

/// Makes and compares hashes, few at a time.
#[derive(Debug)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), waiting: Arc::new(Semaphore::new(WAITING)) }
    }
}

impl Passwords {
    /// The hash of a password as text, with its cost and `salt` in it.
    pub(super) async fn hash(&self, password: Password, salt: [u8; 32]) -> Result<String> {
        self.in_turn(move || {
            let salt = salt.get(..SALT).unwrap_or(&salt);
            let hash = hasher()?.hash_password_with_salt(password.expose(), salt);
            hash.map(|hash| hash.to_string()).map_err(Error::internal)
        })
        .await
    }

    /// Whether it is the password of this hash; `None` is the hash of nobody, and takes as long.
    pub(super) async fn is_right(&self, password: Password, hash: Option<String>) -> Result<bool> {
        self.in_turn(move || {
            let parsed = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS)).map_err(Error::internal)?;
            // The cost is the one that stands in the hash.
            let right = hasher()?.verify_password(password.expose(), &parsed).is_ok();
            Ok(right && hash.is_some())
        })
        .await
    }

    /// Does a piece of such work when its turn has come. It holds its turn also when nobody waits for it any more.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| Error::TooManyLogins)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        done.await.map_err(Error::internal)?
    }
}

fn hasher() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    Ok(Argon2::from(Params::new(memory, passes, lanes, None).map_err(Error::internal)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::claimed(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash(password("correct horse"), [7; 32]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.is_right(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.is_right(password("correct horsf"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.is_right(password(""), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn the_hash_of_nobody_costs_as_much_and_lets_nobody_in() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let params = Params::try_from(&nobodys).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), COST);
        assert_eq!(nobodys.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
        assert!(!Passwords::default().is_right(password("nobody's"), None).await.unwrap());
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_turned_away() {
        let passwords = Passwords::default();
        let places: Vec<_> =
            (0..WAITING).map(|_| passwords.waiting.clone().try_acquire_owned().unwrap()).collect();
        let turned_away = passwords.is_right(password("x"), None).await;
        assert!(matches!(turned_away, Err(Error::TooManyLogins)));
        drop(places);
        assert!(passwords.is_right(password("x"), None).await.is_ok());
    }
}
