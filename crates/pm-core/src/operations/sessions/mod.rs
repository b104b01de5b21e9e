//! Sessions: a log-in opens one, its refresh token keeps it going, and a refresh token that comes twice ends it.
//!
//! Tokens stand for a session; who it belongs to and whether it goes on is in the vault. A refresh token is good once: the
//! answer to it has the next (RFC 9700, 4.14.2). One that comes again was stolen, from whomever it came first.

mod token;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::access::Cache;
use super::{Users, VaultPorts};
use crate::model::Password;
use crate::policy::{Principal, PrincipalKind};
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
    signing: Signing,
    /// How long an access token is good for.
    lifetime: Duration,
    pub(super) cache: Cache<Open>,
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

/// A session that goes on.
#[derive(Debug)]
pub(super) struct Open {
    principal: Arc<Principal>,
    ends_at: Timestamp,
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
    pub fn over(ports: VaultPorts, users: Arc<Users>, signing: Signing, lifetime: Duration) -> Self {
        Self { ports, users, signing, lifetime, cache: Cache::default() }
    }

    /// Opens a session for a user, if this is his password.
    pub async fn log_in(&self, name: &str, password: Password) -> Result<Option<Tokens>> {
        let Some(user) = self.users.identify(name, password).await? else { return Ok(None) };
        let id = self.ports.ids.next().simple().to_string();
        let ends_at = self.ports.clock.now().checked_add(SESSION).map_err(Error::internal)?;
        // Whoever finds a session finds its turn.
        let turn = Content { body: "0".to_owned(), expires_at: Some(ends_at) };
        self.ports.vault.put_record(Shelf::Turns, &id, &turn, Expected::Absent).await?;
        let kept = Kept { user: name.to_owned(), stamp: user.stamp };
        let body = serde_json::to_string(&kept).map_err(Error::internal)?;
        let session = Content { body, expires_at: Some(ends_at) };
        self.ports.vault.put_record(Shelf::Sessions, &id, &session, Expected::Absent).await?;
        self.tokens(name, &id, 0, ends_at).map(Some)
    }

    /// The next tokens for a refresh token. One that was used before ends its session.
    pub async fn refresh(&self, sent: &str) -> Result<Option<Tokens>> {
        let Some(claims) = self.signing.read(sent, Audience::Refresh, self.ports.clock.now()) else {
            return Ok(None);
        };
        let Some(session) = self.look_up(&claims).await? else { return Ok(None) };
        let Some(turn) = self.next_turn(&claims, session.ends_at).await? else {
            self.end(&claims.sid).await?;
            tracing::warn!(
                user = claims.sub,
                session = claims.sid,
                "a refresh token came twice: its session is over"
            );
            return Ok(None);
        };
        self.tokens(&claims.sub, &claims.sid, turn, session.ends_at).map(Some)
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

    /// Ends the session of a refresh token; whether the token is one, and not over.
    pub async fn log_out(&self, sent: &str) -> Result<bool> {
        let Some(claims) = self.signing.read(sent, Audience::Refresh, self.ports.clock.now()) else {
            return Ok(false);
        };
        self.end(&claims.sid).await.map(|()| true)
    }

    /// Ends a session: its tokens let nobody in from now on; on other nodes within
    /// [`WATCH_EVERY`](super::WATCH_EVERY).
    pub async fn end(&self, session: &str) -> Result<()> {
        let removed = self.ports.vault.remove_record(Shelf::Sessions, session).await;
        // Also after a failure, which may have come too late to stop it.
        self.cache.forget();
        removed?;
        self.ports.vault.remove_record(Shelf::Turns, session).await.map(drop)
    }

    /// Whom this access token lets in, if anybody.
    pub(super) async fn authenticate(&self, sent: &str) -> Result<Option<Arc<Principal>>> {
        let now = self.ports.clock.now();
        let Some(claims) = self.signing.read(sent, Audience::Access, now) else { return Ok(None) };
        if let Some(open) = self.cache.get(&claims.sid, now) {
            return Ok((open.ends_at > now).then(|| open.principal.clone()));
        }
        let epoch = self.cache.epoch();
        let Some(open) = self.look_up(&claims).await? else { return Ok(None) };
        let open = Arc::new(open);
        self.cache.keep(&claims.sid, open.clone(), epoch);
        Ok(Some(open.principal.clone()))
    }

    /// The session of a token, if it goes on.
    async fn look_up(&self, claims: &Claims) -> Result<Option<Open>> {
        let Some(record) = self.ports.vault.record(Shelf::Sessions, &claims.sid).await? else {
            return Ok(None);
        };
        let kept: Kept = serde_json::from_str(&record.content.body).map_err(Error::internal)?;
        let Some(user) = self.users.find(&kept.user).await? else { return Ok(None) };
        if kept.user != claims.sub || kept.stamp != user.stamp {
            return Ok(None);
        }
        let principal = Principal {
            kind: PrincipalKind::User,
            id: kept.user.clone(),
            name: kept.user,
            grant: user.grant,
            session: Some(record.id),
        };
        let ends_at = record.content.expires_at.ok_or_else(|| Error::internal("a session has no end"))?;
        Ok(Some(Open { principal: Arc::new(principal), ends_at }))
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
