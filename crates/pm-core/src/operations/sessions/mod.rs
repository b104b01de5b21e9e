//! Sessions: a log-in opens one, its refresh token keeps it going, and a refresh token that comes twice ends it.
//!
//! Tokens stand for a session; who it belongs to and whether it goes on is in the vault. A refresh token is good once: the
//! answer to it has the next (RFC 9700, 4.14.2). One that comes again was stolen, from whomever it came first.

mod token;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::access::{Cache, CredentialId};
use super::audit::{Audit, finished};
use super::{Users, VaultPorts, users};
use crate::model::{Act, Grant, Password, Target, UserName};
use crate::policy::{Actor, Admitted, Principal, PrincipalKind, Remembered};
use crate::ports::{Content, Expected, Shelf};
use crate::{Error, Result};
pub use token::{Algorithm, Signing};
use token::{Audience, Claims};

/// How long a session lasts; then its user logs in again.
const SESSION: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Operations on sessions.
#[derive(Debug)]
pub struct Sessions {
    ports: VaultPorts,
    users: Arc<Users>,
    audit: Arc<Audit>,
    signing: Signing,
    /// How long an access token is good for.
    lifetime: Duration,
    /// When each session ends.
    pub(super) cache: Arc<Cache<Timestamp>>,
}

/// What a log-in answers. It is shown to whom it is made for, and nowhere else.
pub struct Tokens {
    /// Lets its bearer in.
    pub access: String,
    /// Is good for the next tokens, once.
    pub refresh: String,
    /// Seconds that `access` is good for.
    pub expires_in: u64,
}

/// A session as the vault keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    user: String,
    /// The stamp of the user when he logged in.
    stamp: String,
}

impl Sessions {
    /// Operations on the sessions of a vault and of its users.
    pub fn over(
        ports: VaultPorts,
        users: Arc<Users>,
        audit: Arc<Audit>,
        signing: Signing,
        lifetime: Duration,
    ) -> Self {
        Self { ports, users, audit, signing, lifetime, cache: Arc::default() }
    }

    /// Opens a session for a user, if this is his password. `by` is who asks, whom nobody knows yet.
    pub async fn log_in(&self, name: &str, password: Password, by: &Actor) -> Result<Option<Tokens>> {
        let Some(user) = self.users.identify(name, password).await? else {
            let (audit, by) = (self.audit.clone(), by.clone());
            // What can be no name may be a password in the wrong field.
            let target = UserName::new(name).map_or(Target::default(), |name| Target::user(name.as_str()));
            finished(async move { Ok(audit.append(&by, Act::LoginFailed, target).await) }).await?;
            return Ok(None);
        };
        let (id, ends_at) = self.open(name, user, by).await?;
        self.tokens(name, &id.to_string(), 0, ends_at).map(Some)
    }

    /// Opens a session; its id, and when it ends.
    async fn open(&self, name: &str, user: users::Kept, by: &Actor) -> Result<(CredentialId, Timestamp)> {
        let id = CredentialId::from(self.ports.ids.next());
        let ends_at = self.ports.clock.now().checked_add(SESSION).map_err(Error::internal)?;
        let kept = Kept { user: name.to_owned(), stamp: user.stamp };
        let body = serde_json::to_string(&kept).map_err(Error::internal)?;
        let session = Content { body, expires_at: Some(ends_at) };
        let turn = Content { body: "0".to_owned(), expires_at: Some(ends_at) };
        let by = Actor { principal: principal(&kept.user, user.grant, id).into(), ..by.clone() };
        let (vault, audit) = (self.ports.vault.clone(), self.audit.clone());
        finished(async move {
            // Whoever finds a session finds its turn.
            let record = id.to_string();
            vault.put_record(Shelf::Turns, &record, &turn, Expected::Absent).await?;
            vault.put_record(Shelf::Sessions, &record, &session, Expected::Absent).await?;
            audit.append(&by, Act::Login, Target::default()).await;
            Ok((id, ends_at))
        })
        .await
    }

    /// The next tokens for a refresh token. One that was used before ends its session. `by` is who asks.
    pub async fn refresh(&self, sent: &str, by: &Actor) -> Result<Option<Tokens>> {
        let Some(claims) = self.signing.read(sent, Audience::Refresh, self.ports.clock.now()) else {
            return Ok(None);
        };
        let Some(session) = self.look_up(&claims).await? else { return Ok(None) };
        let Some(turn) = self.next_turn(&claims, session.entry).await? else {
            let by = Actor { principal: session.into(), ..by.clone() };
            self.end(&claims.sid, Act::TokenReused, by).await?;
            return Ok(None);
        };
        self.tokens(&claims.sub, &claims.sid, turn, session.entry).map(Some)
    }

    /// Counts a refresh; `None`: this token was used before.
    async fn next_turn(&self, claims: &Claims, ends_at: Timestamp) -> Result<Option<u64>> {
        let Some(record) = self.ports.vault.record(Shelf::Turns, &claims.sid).await? else { return Ok(None) };
        let turn: u64 = record.content.body.parse().map_err(Error::internal)?;
        if claims.turn != Some(turn) {
            return Ok(None);
        }
        let next = Content { body: (turn + 1).to_string(), expires_at: Some(ends_at) };
        let expected = Expected::Version(record.version);
        let written = self.ports.vault.put_record(Shelf::Turns, &claims.sid, &next, expected).await?;
        Ok(written.map(|_| turn + 1))
    }

    /// Ends the session of a refresh token, unless it is over already; whether the token is one. `by` is who asks.
    pub async fn log_out(&self, sent: &str, by: &Actor) -> Result<bool> {
        let Some(claims) = self.signing.read(sent, Audience::Refresh, self.ports.clock.now()) else {
            return Ok(false);
        };
        if let Some(session) = self.look_up(&claims).await? {
            let by = Actor { principal: session.into(), ..by.clone() };
            self.end(&claims.sid, Act::Logout, by).await?;
        }
        Ok(true)
    }

    /// Ends the session by which `by` comes; whether there is one.
    pub async fn leave(&self, by: &Actor) -> Result<bool> {
        let Some(session) = by.principal.session() else { return Ok(false) };
        self.end(&CredentialId::from(session).to_string(), Act::Logout, by.clone()).await.map(|()| true)
    }

    /// Ends a session: its tokens let nobody in from now on; on other nodes within
    /// [`WATCH_EVERY`](super::WATCH_EVERY).
    async fn end(&self, session: &str, act: Act, by: Actor) -> Result<()> {
        let (vault, cache, audit) = (self.ports.vault.clone(), self.cache.clone(), self.audit.clone());
        let session = session.to_owned();
        finished(async move {
            let removed = vault.remove_record(Shelf::Sessions, &session).await;
            // Also after a failure, which may have come too late to stop it.
            cache.forget();
            if removed? {
                audit.append(&by, act, Target::default()).await;
            }
            vault.remove_record(Shelf::Turns, &session).await.map(drop)
        })
        .await
    }

    /// Whom this access token lets in, if anybody.
    pub(super) async fn authenticate(&self, sent: &str) -> Result<Option<Admitted>> {
        let now = self.ports.clock.now();
        let Some(claims) = self.signing.read(sent, Audience::Access, now) else { return Ok(None) };
        let Some(id) = CredentialId::parse(&claims.sid) else { return Ok(None) };
        let remembered =
            |session: &Arc<Remembered<Timestamp>>| (session.entry > now).then(|| session.clone().into());
        if let Some(admitted) = self.cache.get(id, now, remembered) {
            return Ok(admitted);
        }
        let epoch = self.cache.epoch();
        let Some(session) = self.look_up(&claims).await? else { return Ok(None) };
        self.cache.keep(session.clone(), epoch);
        Ok(Some(session.into()))
    }

    /// The session of a token, if it goes on: who it is, and when it ends.
    async fn look_up(&self, claims: &Claims) -> Result<Option<Arc<Remembered<Timestamp>>>> {
        let Some(id) = CredentialId::parse(&claims.sid) else { return Ok(None) };
        let Some(record) = self.ports.vault.record(Shelf::Sessions, &claims.sid).await? else {
            return Ok(None);
        };
        let kept: Kept = serde_json::from_str(&record.content.body).map_err(Error::internal)?;
        let Some(user) = self.users.find(&kept.user).await? else { return Ok(None) };
        if kept.user != claims.sub || kept.stamp != user.stamp {
            return Ok(None);
        }
        let principal = principal(&kept.user, user.grant, id);
        let entry = record.content.expires_at.ok_or_else(|| Error::internal("a session has no end"))?;
        Ok(Some(Arc::new(Remembered { principal, entry })))
    }

    fn tokens(&self, user: &str, session: &str, turn: u64, ends_at: Timestamp) -> Result<Tokens> {
        let now = self.ports.clock.now();
        let access_ends = now.checked_add(self.lifetime).map_err(Error::internal)?.min(ends_at);
        let claims = |audience, end| {
            let id = self.ports.ids.next().simple().to_string();
            Claims::new(audience, (user, session), (now, end), id)
        };
        let mut refresh = claims(Audience::Refresh, ends_at);
        refresh.turn = Some(turn);
        let left = access_ends.as_second().saturating_sub(now.as_second());
        Ok(Tokens {
            access: self.signing.write(&claims(Audience::Access, access_ends))?,
            refresh: self.signing.write(&refresh)?,
            expires_in: u64::try_from(left).unwrap_or_default(),
        })
    }
}

/// A user who comes by a session.
fn principal(user: &str, grant: Grant, session: CredentialId) -> Principal {
    Principal { kind: PrincipalKind::User, credential: Some(session.into()), name: user.into(), grant }
}
