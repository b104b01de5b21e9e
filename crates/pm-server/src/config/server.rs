//! Where the server listens and whom it believes.

use http::uri::Authority;

use super::network::Network;
use super::reader::{Checked, Parsed, Reader, boolean, list, number};
use super::{names, origin, tls};
use crate::tls::Files;

/// Where the server listens and whom it believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address or host name to listen on.
    pub host: String,
    /// The port to listen on; 0 = any that is free.
    pub port: u16,
    /// The origins whose pages may call, as browsers write them; or `*` alone, for all.
    pub cors_origins: Vec<String>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// The proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether `/docs` and `/openapi.json` are there.
    pub docs_enabled: bool,
    /// The hosts that requests to `/mcp` may be for, or `*` alone, for any; `None`: any where a credential is needed, else
    /// those that mean this machine.
    pub mcp_allowed_hosts: Option<Vec<String>>,
    /// Where the certificate and its key are; `None`: connections are not encrypted.
    pub tls: Option<Files>,
}

impl Server {
    /// Whether pages of every origin may call.
    pub fn any_origin(&self) -> bool {
        self.cors_origins.iter().any(|origin| origin == origin::ANY)
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Server> {
    let host = reader.value(&names::API_HOST, host);
    let port = reader.value(&names::API_PORT, number(0..=u16::MAX, "; 0 = any free port"));
    let cors_origins = reader.value(&names::CORS_ORIGINS, origin::list);
    let max_body_bytes = reader.value(&names::MAX_BODY_BYTES, number(1024..=1 << 30, " (1 KiB to 1 GiB)"));
    // No default: nobody is believed.
    let trusted_proxies = reader.optional(&names::TRUSTED_PROXIES, |text| list(text, Network::parse));
    let docs_enabled = reader.value(&names::DOCS_ENABLED, boolean);
    let mcp_allowed_hosts =
        reader.optional(&names::MCP_ALLOWED_HOSTS, |text| match list(text, allowed_host) {
            Ok(none) if none.is_empty() => Err("names no host: give one, or * for any".to_owned()),
            read => read,
        });
    // That it is at fault is noted already.
    let tls = tls::read(reader);
    Some(Server {
        host: host?,
        port: port?,
        cors_origins: cors_origins?,
        max_body_bytes: max_body_bytes?,
        trusted_proxies: trusted_proxies.unwrap_or_default(),
        docs_enabled: docs_enabled?,
        mcp_allowed_hosts,
        tls,
    })
}

/// A host, with or without a port; or `*`, for any.
fn allowed_host(text: &str) -> Parsed<String> {
    let with_port = |it: &Authority| it.port_u16().is_some() && host(it.host()).is_ok();
    if text == "*" || host(text).is_ok() || text.parse::<Authority>().is_ok_and(|it| with_port(&it)) {
        Ok(text.to_owned())
    } else {
        Err("give host names or IP addresses, each with or without a port, or *".to_owned())
    }
}

/// An address, with or without the brackets of IPv6, or a host name.
pub(super) fn host(text: &str) -> Parsed<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_name = !text.is_empty()
        && text.len() <= 253
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && !text.starts_with(['.', '-']);
    if is_name || bare.parse::<std::net::IpAddr>().is_ok() {
        Ok(bare.to_owned())
    } else {
        Err("give an IP address or a host name, without scheme and port".to_owned())
    }
}
