//! Tokens: JSON Web Tokens (RFC 7519) of one form, signed with HMAC (RFC 7515, 7518).
//!
//! A token is looked into only after its signature was found good, and its header must be, byte for byte, the one that is
//! written here: no choice of an algorithm is left to whoever sends it (RFC 8725, 3.1).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::{Error, Result};

const ISSUER: &str = "ai-pm";
/// By how many seconds clocks may differ.
const LEEWAY: i64 = 30;
/// Longer than any that is made here.
const LONGEST: usize = 2048;

/// How tokens are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

/// What tokens are signed with.
#[derive(Clone)]
pub struct Signing {
    /// How.
    pub algorithm: Algorithm,
    /// The key that signs and verifies.
    pub key: Vec<u8>,
    /// A key that still verifies.
    pub previous: Option<Vec<u8>>,
}

/// What a token is good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Audience {
    /// Everything that its bearer may do.
    Access,
    /// Getting new tokens.
    Refresh,
}

/// What a token says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    /// The name of the user.
    pub(super) sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    /// The session.
    pub(super) sid: String,
    /// How often the session had been refreshed when a refresh token was made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) turn: Option<u64>,
}

impl Claims {
    /// What the token `jti` says for a session of a user, from `now` until `end`.
    pub(super) fn new(
        audience: Audience,
        (user, session): (&str, &str),
        (now, end): (Timestamp, Timestamp),
        jti: String,
    ) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: audience.as_str().to_owned(),
            sub: user.to_owned(),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: end.as_second(),
            jti,
            sid: session.to_owned(),
            turn: None,
        }
    }

    fn hold(&self, audience: Audience, now: Timestamp) -> bool {
        let now = now.as_second();
        self.iss == ISSUER
            && self.aud == audience.as_str()
            && now < self.exp.saturating_add(LEEWAY)
            && now >= self.nbf.saturating_sub(LEEWAY)
    }
}

impl Audience {
    fn as_str(self) -> &'static str {
        match self {
            Self::Access => "ai-pm",
            Self::Refresh => "ai-pm/refresh",
        }
    }
}

impl Algorithm {
    /// The header of a token, as it is sent: `{"alg":"HS256","typ":"JWT"}`, in Base64.
    fn header(self) -> &'static str {
        match self {
            Self::HS256 => "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
            Self::HS384 => "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9",
            Self::HS512 => "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9",
        }
    }

    fn mac(self, key: &[u8], message: &str) -> Option<Vec<u8>> {
        match self {
            Self::HS256 => mac::<Hmac<Sha256>>(key, message),
            Self::HS384 => mac::<Hmac<Sha384>>(key, message),
            Self::HS512 => mac::<Hmac<Sha512>>(key, message),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &str) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

impl Signing {
    /// The token that says this.
    pub(super) fn write(&self, claims: &Claims) -> Result<String> {
        let claims = serde_json::to_vec(claims).map_err(Error::internal)?;
        let message = format!("{}.{}", self.algorithm.header(), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.algorithm.mac(&self.key, &message);
        let signature = signature.ok_or_else(|| Error::internal("the key cannot sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// What a token says, if it was made here for this and holds `now`.
    pub(super) fn read(&self, token: &str, audience: Audience, now: Timestamp) -> Option<Claims> {
        if token.len() > LONGEST {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        if header != self.algorithm.header() {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let mut keys = [Some(&self.key), self.previous.as_ref()].into_iter().flatten();
        let signed = |key: &Vec<u8>| {
            self.algorithm.mac(key, message).is_some_and(|right| bool::from(right.ct_eq(&signature)))
        };
        if !keys.any(signed) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        claims.hold(audience, now).then_some(claims)
    }
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing({:?})", self.algorithm)
    }
}

#[cfg(test)]
mod tests;
