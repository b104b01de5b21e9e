//! Where this machine's own server listens.

use std::net::IpAddr;

use crate::config::Config;

/// The address by which a server of this configuration is reached from its own machine; `None` where any free port is taken.
pub(super) fn of_the_server(config: &Config) -> Option<String> {
    let server = &config.server;
    if server.port == 0 {
        return None;
    }
    let host = match server.host.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => server.host.clone(),
    };
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    Some(format!("{scheme}://{host}:{}", server.port))
}

#[cfg(test)]
mod tests {
    use crate::config::Sources;

    use super::*;

    #[test]
    fn an_address_of_all_is_reached_on_loopback() {
        let reached = |host: &str, port: &str| {
            let sources = Sources::default().with_override("API_HOST", host).with_override("API_PORT", port);
            of_the_server(&Config::load(&sources).unwrap())
        };
        assert_eq!(reached("0.0.0.0", "8000").as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(reached("::", "81").as_deref(), Some("http://[::1]:81"));
        assert_eq!(reached("[fe80::1]", "81").as_deref(), Some("http://[fe80::1]:81"));
        assert_eq!(reached("host.example", "81").as_deref(), Some("http://host.example:81"));
        assert_eq!(reached("0.0.0.0", "0"), None);
    }
}
