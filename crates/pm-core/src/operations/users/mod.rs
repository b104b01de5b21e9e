//! Users: made known, listed, given another password, removed, and told by their password.
//!
//! What remembers them heeds a change once it has seen the vault's next revision.

mod password;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::VaultPorts;
use super::audit::{Audit, finished};
use crate::input::Invalid;
use crate::model::{Act, Grant, Password, Target, User, UserDraft, UserName};
use crate::policy::Actor;
use crate::ports::{Content, Expected, Record, Shelf};
use crate::{Error, Result};
use password::Passwords;

/// Records read at a time.
const PAGE: usize = 1000;

/// Operations on users.
#[derive(Debug)]
pub struct Users {
    ports: VaultPorts,
    audit: Arc<Audit>,
    passwords: Passwords,
}

/// A user as the vault keeps him, under his name.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    pub(super) grant: Grant,
    created_at: Timestamp,
    /// The hash of his password, with its cost and salt.
    password: String,
    /// Another one with each password: what was granted for an earlier one is over.
    pub(super) stamp: String,
}

impl Users {
    /// Operations on the users of a vault.
    pub fn over(ports: VaultPorts, audit: Arc<Audit>) -> Self {
        Self { ports, audit, passwords: Passwords::default() }
    }

    /// Makes a user known.
    pub async fn add(&self, draft: UserDraft, by: &Actor) -> Result<User> {
        let UserDraft { name, password, grant } = draft;
        let (password, stamp) = self.hashed(password).await?;
        let kept = Kept { grant, created_at: self.ports.clock.now(), password, stamp };
        if !self.put(&name, &kept, Expected::Absent, (Act::UserCreated, by)).await? {
            return Err(Invalid::field("name", "is taken: remove that user, or change his password").into());
        }
        Ok(User { name, grant: kept.grant, created_at: kept.created_at })
    }

    /// Some of the users by name, at most 1,000: those that follow `after`; none at the end.
    pub async fn list(&self, after: Option<&UserName>) -> Result<Vec<User>> {
        let records = self.ports.vault.records(Shelf::Users, after.map(UserName::as_str), PAGE).await?;
        let shown = records.into_iter().map(|record| {
            let Kept { grant, created_at, .. } = Kept::read(&record)?;
            Ok(User { name: UserName::new(&record.id)?, grant, created_at })
        });
        shown.collect()
    }

    /// Gives a user another password. What he has logged in to with the one before is over.
    pub async fn set_password(&self, name: &UserName, password: Password, by: &Actor) -> Result<()> {
        let (password, stamp) = self.hashed(password).await?;
        let record = self.ports.vault.record(Shelf::Users, name.as_str()).await?.ok_or_else(unknown)?;
        let kept = Kept { password, stamp, ..Kept::read(&record)? };
        let expected = Expected::Version(record.version);
        let written = self.put(name, &kept, expected, (Act::UserChanged, by)).await?;
        if written { Ok(()) } else { Err(Error::Conflict) }
    }

    /// Removes a user. What he has logged in to is over.
    pub async fn remove(&self, name: &UserName, by: &Actor) -> Result<()> {
        let (vault, audit) = (self.ports.vault.clone(), self.audit.clone());
        let (name, by) = (name.clone(), by.clone());
        finished(async move {
            if !vault.remove_record(Shelf::Users, name.as_str()).await? {
                return Err(unknown().into());
            }
            audit.append(&by, Act::UserRemoved, Target::user(name.as_str())).await;
            Ok(())
        })
        .await
    }

    /// Whether one of them says who may come in.
    pub(super) async fn has_administrator(&self) -> Result<bool> {
        let mut after: Option<UserName> = None;
        loop {
            let page = self.list(after.as_ref()).await?;
            if page.iter().any(|user| user.grant.administers()) {
                return Ok(true);
            }
            match page.into_iter().next_back() {
                Some(last) => after = Some(last.name),
                None => return Ok(false),
            }
        }
    }

    /// The user of this name.
    pub(super) async fn find(&self, name: &str) -> Result<Option<Kept>> {
        let Ok(name) = UserName::new(name) else { return Ok(None) };
        let record = self.ports.vault.record(Shelf::Users, name.as_str()).await?;
        record.as_ref().map(Kept::read).transpose()
    }

    /// The user of this name, if this is his password. It takes as long whether or not there is one.
    pub(super) async fn identify(&self, name: &str, password: Password) -> Result<Option<Kept>> {
        let kept = self.find(name).await?;
        let hash = kept.as_ref().map(|kept| kept.password.clone());
        let right = self.passwords.is_right(password, hash).await?;
        Ok(kept.filter(|_| right))
    }

    /// The hash of a password, and a new stamp.
    async fn hashed(&self, password: Password) -> Result<(String, String)> {
        let hash = self.passwords.hash(password, self.ports.ids.secret()?).await?;
        Ok((hash, self.ports.ids.next().simple().to_string()))
    }

    /// Keeps a user, and that somebody did this; whether what was there is as `expected`.
    async fn put(
        &self,
        name: &UserName,
        kept: &Kept,
        expected: Expected,
        (act, by): (Act, &Actor),
    ) -> Result<bool> {
        let body = serde_json::to_string(kept).map_err(Error::internal)?;
        let content = Content { body, expires_at: None };
        let (vault, audit) = (self.ports.vault.clone(), self.audit.clone());
        let (name, by) = (name.clone(), by.clone());
        finished(async move {
            let written = vault.put_record(Shelf::Users, name.as_str(), &content, expected).await?.is_some();
            if written {
                audit.append(&by, act, Target::user(name.as_str())).await;
            }
            Ok(written)
        })
        .await
    }
}

impl Kept {
    fn read(record: &Record) -> Result<Self> {
        serde_json::from_str(&record.content.body).map_err(Error::internal)
    }
}

fn unknown() -> Invalid {
    Invalid::field("name", "is the name of no user")
}
