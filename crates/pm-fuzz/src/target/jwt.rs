//! Tokens: as they come, and claims of the fuzzer's own under a signature that is good.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::{Seen, Target, hold, magnitude};
use crate::stage::{SIGNING_KEY, Stage, USER, nobody};

/// What the stage's clock shows, in seconds.
const NOW: i64 = 1_772_719_620;
const LEEWAY: i64 = 30;

pub(super) struct Jwt {
    stage: Rc<Stage>,
    header: String,
    /// What the good access token says.
    claims: Value,
}

impl Jwt {
    pub(super) fn new(stage: Rc<Stage>) -> Self {
        let mut parts = stage.tokens.access.split('.');
        let header = parts.next().unwrap_or_default().to_owned();
        let claims = parts.next().and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
        let claims = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
        Self { stage, header, claims }
    }

    fn lets_in(&self, token: &str) -> Result<bool, String> {
        let opened = self.stage.wait(self.stage.operations.access.authenticate(token));
        opened.map(|principal| principal.is_some()).map_err(|error| format!("the door failed: {error:?}"))
    }

    /// Nothing but the good refresh token keeps a session going, or ends one. That one is not spent here.
    fn is_for_refreshing(&self, token: &str) -> Result<bool, String> {
        let sessions = &self.stage.operations.sessions;
        let refreshed = self.stage.wait(sessions.refresh(token, &nobody()));
        let refreshed = refreshed.map_err(|error| format!("refreshing failed: {error:?}"))?.is_some();
        let ended = self.stage.wait(sessions.log_out(token, &nobody()));
        let ended = ended.map_err(|error| format!("logging out failed: {error:?}"))?;
        Ok(refreshed || ended)
    }

    fn signed(&self, claims: &[u8]) -> Result<String, String> {
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_KEY).map_err(|error| error.to_string())?;
        mac.update(message.as_bytes());
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
    }

    /// Whether these claims are of the user's session and hold now, by another reader than the server's.
    fn hold(&self, claims: &[u8]) -> bool {
        let Ok(said) = serde_json::from_slice::<Value>(claims) else { return false };
        let same = ["iss", "aud", "sid"].iter().all(|name| said.get(name) == self.claims.get(name));
        let number = |name: &str| said.get(name).and_then(Value::as_i64);
        let begun = number("nbf").is_some_and(|nbf| nbf.saturating_sub(LEEWAY) <= NOW);
        let goes_on = number("exp").is_some_and(|exp| exp.saturating_add(LEEWAY) > NOW);
        same && said.get("sub").and_then(Value::as_str) == Some(USER) && begun && goes_on
    }
}

impl Target for Jwt {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            ".",
            "..",
            "=",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.",
            "\"iss\":",
            "\"aud\":",
            "\"exp\":",
            "\"nbf\":",
            "\"sub\":",
            "\"sid\":",
            "\"turn\":",
            "\"ai-pm\"",
            "\"ai-pm/refresh\"",
            "null",
            "true",
            "-1",
            "1e300",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551616",
            "[[[[",
            "{\"a\":",
            "\\u0000",
            "\\ud800",
            ",",
            "{",
            "}",
            "[",
            "]",
        ]
    }

    fn good(&self) -> Vec<(&'static str, Vec<u8>)> {
        let claims = self.claims.to_string().into_bytes();
        vec![("access", self.stage.tokens.access.clone().into()), ("claims", claims)]
    }

    /// One token lets its bearer in, unchanged; and of claims that are signed as they should be, those that hold.
    fn give(&self, input: &[u8]) -> Result<Seen, String> {
        let sent = String::from_utf8_lossy(input);
        let tokens = &self.stage.tokens;
        let opened = self.lets_in(&sent)?;
        hold(opened == (*sent == *tokens.access), || format!("{sent:?} lets in: {opened}"))?;
        if *sent != *tokens.refresh {
            hold(!self.is_for_refreshing(&sent)?, || format!("{sent:?} is taken for a refresh token"))?;
        }
        let claimed = self.lets_in(&self.signed(input)?)?;
        hold(!claimed || self.hold(input), || format!("{sent:?} as signed claims lets in"))?;
        let parts = sent.split('.').count();
        let json = serde_json::from_slice::<Value>(input);
        let fields = json.as_ref().ok().and_then(Value::as_object).map(serde_json::Map::len);
        let depth = magnitude(sent.matches(['[', '{']).count());
        let fault = json.as_ref().err().map(|error| {
            let text = error.to_string();
            text.split(" at line").next().unwrap_or_default().to_owned()
        });
        let shape =
            (parts.min(5), sent.starts_with(&self.header), magnitude(sent.len()), depth, fields, fault);
        Ok(Seen::new(opened || claimed, (shape, claimed)))
    }
}
