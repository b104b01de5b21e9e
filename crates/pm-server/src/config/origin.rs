//! The origins of web pages that may call.

use super::reader::{self, Parsed};

/// What stands for every origin.
pub(super) const ANY: &str = "*";

/// A list of exact origins, or `*` alone.
pub(super) fn list(text: &str) -> Parsed<Vec<String>> {
    let origins = reader::list(text, origin)?;
    if origins.is_empty() {
        return Err("give at least one origin, as in http://localhost:3000".to_owned());
    }
    if origins.len() > 1 && origins.iter().any(|origin| origin == ANY) {
        return Err("give either * alone or exact origins".to_owned());
    }
    Ok(origins)
}

/// One origin as browsers write it: lower case, and without the port that its scheme implies.
fn origin(text: &str) -> Parsed<String> {
    if text == ANY {
        return Ok(text.to_owned());
    }
    let fault = || {
        format!("{} is no origin; give scheme://host[:port] with no path, or * for all", text.escape_debug())
    };
    let lower = text.to_ascii_lowercase();
    let (scheme, authority) = lower.split_once("://").ok_or_else(fault)?;
    let implied = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(fault()),
    };
    let authority = authority.strip_suffix(implied).unwrap_or(authority);
    let parsed: http::uri::Authority = authority.parse().map_err(|_| fault())?;
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    if parsed.host().is_empty() || authority.contains('@') || (has_port && parsed.port_u16().is_none()) {
        return Err(fault());
    }
    Ok(format!("{scheme}://{authority}"))
}
