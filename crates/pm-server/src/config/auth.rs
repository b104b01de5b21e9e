//! Who may call.

use super::environment::Environment;
use super::names;
use super::reader::{Checked, Reader, boolean, number, one_of};
use super::secret::Secret;

/// The `SECRET_KEY` that `.env.example` shows. Everybody knows it, so production does not start with it.
pub const EXAMPLE_SECRET_KEY: &str = "change-me-to-a-random-text-of-32-bytes-or-more";

/// The fewest bytes of a key that production accepts: the output of SHA-256.
const LEAST_KEY_BYTES: usize = 32;

/// How access tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// What access tokens are signed with. `None` only outside production.
    pub secret_key: Option<Secret>,
    /// What they were signed with before, and may still be.
    pub previous_secret_key: Option<Secret>,
    /// How access tokens are signed.
    pub algorithm: Algorithm,
    /// How long an access token is good for.
    pub access_token_minutes: u32,
    /// Whether a call needs a credential.
    pub required: bool,
    /// Whether metrics need a credential: always or never; unless set, as the documents do.
    pub metrics: Option<bool>,
}

pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Checked<Auth> {
    let secret_key = reader.optional(&names::SECRET_KEY, |text| Ok(Secret::new(text)));
    let previous_secret_key = reader.optional(&names::SECRET_KEY_PREVIOUS, |text| Ok(Secret::new(text)));
    let algorithm = reader.value(
        &names::ALGORITHM,
        one_of(&[("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]),
    );
    let access_token_minutes =
        reader.value(&names::ACCESS_TOKEN_EXPIRE_MINUTES, number(1..=525_600, " (a year)"));
    let default = if environment.is_production() { "true" } else { "false" };
    let required = reader.value_or(&names::AUTH_REQUIRED, default, boolean);
    let metrics = reader.optional(&names::METRICS_AUTH, boolean);

    if environment.is_production() {
        if let Some(what) = weakness(secret_key.as_ref()) {
            reader.fault(&names::SECRET_KEY, what);
        }
        if previous_secret_key.is_some()
            && let Some(what) = weakness(previous_secret_key.as_ref())
        {
            reader.fault(&names::SECRET_KEY_PREVIOUS, what);
        }
        if required == Some(false) {
            reader.fault(
                &names::AUTH_REQUIRED,
                "cannot be false in production; leave it out or set it to true",
            );
        }
    }
    Some(Auth {
        secret_key,
        previous_secret_key,
        algorithm: algorithm?,
        access_token_minutes: access_token_minutes?,
        required: required?,
        metrics,
    })
}

/// Why production does not start with this key.
fn weakness(key: Option<&Secret>) -> Option<String> {
    let way_out = "make one with `openssl rand -base64 48`";
    match key.map(Secret::expose) {
        None => Some(format!("is missing, and production needs one; {way_out}")),
        Some(EXAMPLE_SECRET_KEY) => {
            Some(format!("is the one of .env.example, which everybody knows; {way_out}"))
        }
        Some(key) if key.len() < LEAST_KEY_BYTES => {
            Some(format!("is shorter than {LEAST_KEY_BYTES} bytes, too short for production; {way_out}"))
        }
        Some(_) => None,
    }
}
