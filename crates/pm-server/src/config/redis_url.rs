//! The URL forms of Redis:
//!
//! ```text
//! redis://[user][:password@]host[:6379][/db]
//! redis+sentinel://[user][:password@]host[:26379][,host[:port]...]/service[/db]
//! redis+cluster://[user][:password@]host[:6379][,host[:port]...]
//! ```
//!
//! `rediss` in place of `redis` encrypts. User and password are percent-encoded. The user and password of a sentinel URL
//! are those of the servers that the sentinels watch.

use percent_encoding::percent_decode_str;

use super::reader::Parsed;
use super::redis::{Node, Redis, RedisUsage, Topology};
use super::secret::Secret;
use super::server::host;

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Reads a URL. The fault tells the part that is wrong and repeats nothing of it: it may hold a password.
pub(super) fn parse(text: &str) -> Parsed<Redis> {
    let (scheme, rest) = text.split_once("://").ok_or("has no scheme; give redis://host:port/db")?;
    let (tls, kind) = match scheme {
        "redis" => (false, ""),
        "rediss" => (true, ""),
        _ => scheme
            .strip_prefix("rediss+")
            .map(|kind| (true, kind))
            .or_else(|| scheme.strip_prefix("redis+").map(|kind| (false, kind)))
            .filter(|(_, kind)| matches!(*kind, "sentinel" | "cluster"))
            .ok_or("has an unknown scheme; give redis, rediss, redis+sentinel or redis+cluster")?,
    };
    if rest.contains(['?', '#']) {
        return Err(
            "has a `?` or `#`; leave parameters out, and write these characters in a password as %3F and %23"
                .to_owned(),
        );
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.contains('@') {
        return Err("has an `@` behind a `/`; write a `/` in a password as %2F".to_owned());
    }
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user), hosts),
        None => (None, authority),
    };
    let (username, password) = user.map(credentials).transpose()?.unwrap_or_default();
    let path = path.strip_suffix('/').unwrap_or(path);
    let (topology, default_port, db) = match kind {
        "sentinel" => {
            let (service, db) = path.split_once('/').unwrap_or((path, ""));
            let service = decoded(service)?;
            if service.is_empty() {
                return Err("names no service; give redis+sentinel://host:26379/service".to_owned());
            }
            (Topology::Sentinel { service }, SENTINEL_PORT, database(db)?)
        }
        "cluster" => {
            if database(path)? != 0 {
                return Err("names a database, but a cluster has only 0; leave it out".to_owned());
            }
            (Topology::Cluster, REDIS_PORT, 0)
        }
        _ => (Topology::Single, REDIS_PORT, database(path)?),
    };
    let nodes = hosts.split(',').map(|part| node(part, default_port)).collect::<Parsed<Vec<Node>>>()?;
    if topology == Topology::Single && nodes.len() > 1 {
        return Err("names several hosts; give redis+sentinel:// or redis+cluster:// for these".to_owned());
    }
    Ok(Redis { topology, tls, nodes, db, username, password, usage: RedisUsage::default() })
}

/// A valid URL with its password replaced.
pub(super) fn masked(text: &str) -> String {
    let Some((before, hosts)) = text.rsplit_once('@') else {
        return text.to_owned();
    };
    match before.split_once("://").and_then(|(scheme, user)| Some((scheme, user.split_once(':')?.0))) {
        Some((scheme, user)) => format!("{scheme}://{user}:***@{hosts}"),
        None => text.to_owned(),
    }
}

fn credentials(text: &str) -> Parsed<(Option<String>, Option<Secret>)> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    if password.contains([':', '@']) {
        return Err("has a `:` or `@` in its password; write them as %3A and %40".to_owned());
    }
    let user = Some(decoded(user)?).filter(|user| !user.is_empty());
    let password = Some(decoded(password)?).filter(|password| !password.is_empty());
    Ok((user, password.map(Secret::new)))
}

fn decoded(text: &str) -> Parsed<String> {
    let fault = || "has a `%` that begins no percent-encoded UTF-8; write `%` itself as %25".to_owned();
    let encoded = |part: &str| part.get(..2).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if !text.split('%').skip(1).all(encoded) {
        return Err(fault());
    }
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| fault())
}

fn database(text: &str) -> Parsed<u32> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse()
        .ok()
        .filter(|db| *db <= 65_535)
        .ok_or_else(|| "has no valid database behind the host; give a number from 0 to 65535".to_owned())
}

fn node(text: &str, default_port: u16) -> Parsed<Node> {
    let fault = || "has no valid host[:port]; a port is a number from 1 to 65535".to_owned();
    // The brackets of IPv6 keep its colons apart from the one of the port.
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (text, None),
    };
    if name.contains(':') && !name.starts_with('[') {
        return Err(fault());
    }
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(fault)?,
        None => default_port,
    };
    Ok(Node { host: host(name).map_err(|_| fault())?, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let plain = parse("redis://localhost").unwrap();
        assert_eq!(plain.nodes, [Node { host: "localhost".to_owned(), port: 6379 }]);
        assert_eq!((plain.topology, plain.tls, plain.db, plain.username), (Topology::Single, false, 0, None));

        let full = parse("rediss://joe:p%40ss@[::1]:6380/2").unwrap();
        assert_eq!((full.tls, full.db, full.nodes[0].to_string().as_str()), (true, 2, "[::1]:6380"));
        assert_eq!(full.username.as_deref(), Some("joe"));
        assert_eq!(full.password.as_ref().map(Secret::expose), Some("p@ss"));

        let sentinel = parse("redis+sentinel://:pw@a,b:26380/primary/1").unwrap();
        assert_eq!(sentinel.topology, Topology::Sentinel { service: "primary".to_owned() });
        assert_eq!(
            sentinel.nodes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["a:26379", "b:26380"]
        );
        assert_eq!((sentinel.db, sentinel.username), (1, None));

        let cluster = parse("rediss+cluster://a:7000,b:7001/").unwrap();
        assert_eq!((cluster.topology, cluster.tls, cluster.nodes.len()), (Topology::Cluster, true, 2));
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_it() {
        for (text, part) in [
            ("localhost:6379", "no scheme"),
            ("http://localhost", "unknown scheme"),
            ("redis+tls://localhost", "unknown scheme"),
            ("redis://", "host"),
            ("redis://a,b", "several hosts"),
            ("redis://a:0", "port"),
            ("redis://::1", "host"),
            ("redis://a/x", "database"),
            ("redis://a?db=1", "parameters"),
            ("redis://:p@ss@a", "%40"),
            ("redis://:p%zz@a", "%25"),
            ("redis://:p/ss@a", "%2F"),
            ("redis+sentinel://a", "service"),
            ("redis+cluster://a/1", "database"),
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    #[test]
    fn passwords_are_masked() {
        for (text, shown) in [
            ("redis://a/1", "redis://a/1"),
            ("redis://:pw@a", "redis://:***@a"),
            ("redis://joe:pw@a", "redis://joe:***@a"),
            ("redis://joe@a", "redis://joe@a"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
