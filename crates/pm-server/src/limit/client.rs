//! Which address a request comes from, where proxies stand between.
//!
//! A header is what anyone writes who sends one. Each proxy adds the address that it was called from at the end, so the
//! list is read from there, as long as what was read last is a proxy that is trusted; what stands before that may be
//! made up.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

use crate::config::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client of `peer`, which is `peer` itself unless that is a trusted proxy.
///
/// Proxies know one of the two headers and pass on the other as it came. Where both are there and say different things
/// nobody knows which one that is: then neither is believed.
pub fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let standard = headers.contains_key(FORWARDED).then(|| {
        let values = headers.get_all(FORWARDED).iter().rev();
        let values = values.map(|value| str::from_utf8(value.as_bytes()).ok().and_then(split));
        // What is no list of elements is one that says nothing.
        let elements = values.flat_map(|elements| elements.unwrap_or_else(|| vec!["-"]).into_iter().rev());
        walk(peer, elements.map(forwarded_for), trusted)
    });
    let common = headers.contains_key(X_FORWARDED_FOR).then(|| {
        let values = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let elements = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        let elements = elements
            .map(|element| str::from_utf8(element).unwrap_or("-").trim())
            .filter(|element| !element.is_empty());
        walk(peer, elements.map(node), trusted)
    });
    match (standard, common) {
        (Some(one), Some(other)) if one != other => peer,
        (one, other) => one.or(other).unwrap_or(peer),
    }
}

fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// Goes from the last to the first, past trusted proxies, up to what says no address.
fn walk(peer: IpAddr, entries: impl Iterator<Item = Option<IpAddr>>, trusted: &[Network]) -> IpAddr {
    let mut last = peer;
    for entry in entries {
        let Some(address) = entry.filter(|_| is_trusted(last, trusted)) else { break };
        last = address;
    }
    last
}

/// The elements of a list; `None` where a quoted string does not end, so that nobody knows where elements do.
fn split(list: &str) -> Option<Vec<&str>> {
    let elements: Vec<_> = parts(list, ',')?.into_iter().map(str::trim).collect();
    Some(elements.into_iter().filter(|element| !element.is_empty()).collect())
}

/// What stands between separators that are in no quoted string.
fn parts(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c| {
        let is_separator = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        is_separator
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}

/// The address in the `for` of an element of `Forwarded` (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in parts(element, ';')? {
        let (name, value) = pair.trim().split_once('=')?;
        if !name.eq_ignore_ascii_case("for") {
            continue;
        }
        // Twice in one element is no element.
        if found.is_some() {
            return None;
        }
        found = Some(node(&unquoted(value)?)?);
    }
    found
}

fn unquoted(value: &str) -> Option<Cow<'_, str>> {
    let Some(rest) = value.strip_prefix('"') else { return Some(Cow::Borrowed(value)) };
    let inner = rest.strip_suffix('"')?;
    if !inner.contains(['\\', '"']) {
        return Some(Cow::Borrowed(inner));
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => text.push(chars.next()?),
            _ => text.push(c),
        }
    }
    Some(Cow::Owned(text))
}

/// An address, with or without a port; `None` for `unknown`, hidden names such as `_proxy`, and what is neither.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        let host = IpAddr::V6(host.parse::<Ipv6Addr>().ok()?);
        if port.is_empty() {
            return Some(host.to_canonical());
        }
        (host, port.strip_prefix(':')?)
    } else {
        let (host, port) = text.split_once(':')?;
        (IpAddr::V4(host.parse().ok()?), port)
    };
    // A port may be hidden while the address is not.
    let hidden = port.strip_prefix('_')?;
    let plain = hidden.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    plain.then(|| host.to_canonical())
}

#[cfg(test)]
mod tests;
