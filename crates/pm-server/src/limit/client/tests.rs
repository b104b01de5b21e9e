use http::HeaderValue;

use super::*;

const PROXY: &str = "10.0.0.1";

fn from(peer: &str, headers: &[(&'static str, &str)]) -> String {
    let headers = headers.iter().map(|(name, value)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(name, value);
    }
    let trusted = ["10.0.0.0/8", "2001:db8:aaaa::/48"].map(|text| Network::parse(text).unwrap());
    address(peer.parse().unwrap(), &all, &trusted).to_string()
}

fn common(value: &str) -> String {
    from(PROXY, &[("x-forwarded-for", value)])
}

fn standard(value: &str) -> String {
    from(PROXY, &[("forwarded", value)])
}

#[test]
fn only_a_trusted_proxy_is_believed() {
    for header in [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")] {
        assert_eq!(from("198.51.100.1", &[header]), "198.51.100.1");
        assert_eq!(from(PROXY, &[header]), "192.0.2.7");
        assert_eq!(from("2001:db8:aaaa::1", &[header]), "192.0.2.7");
        assert_eq!(from("::ffff:10.0.0.1", &[header]), "192.0.2.7");
    }
    assert_eq!(from(PROXY, &[]), PROXY);
}

#[test]
fn what_stands_before_the_first_stranger_may_be_made_up() {
    for (value, client) in [
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7, 10.1.1.1, 10.2.2.2", "192.0.2.7"),
        ("10.9.9.9, 192.0.2.7", "192.0.2.7"),
        // All are ours: the first of them asked.
        ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
    ] {
        assert_eq!(common(value), client, "{value}");
        let elements: Vec<_> = value.split(", ").map(|node| format!("for={node}")).collect();
        assert_eq!(standard(&elements.join(", ")), client, "{value}");
    }
}

#[test]
fn nodes_come_in_many_forms() {
    for (text, client) in [
        ("192.0.2.7:8080", "192.0.2.7"),
        ("192.0.2.7:_hidden", "192.0.2.7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[2001:db8::7]:_x.y-z", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
    ] {
        assert_eq!(common(text), client, "{text}");
        assert_eq!(standard(&format!("for=\"{text}\"")), client, "{text}");
    }
    for text in [
        "unknown",
        "_x",
        "-",
        "",
        "localhost",
        "192.0.2",
        "192.0.2.7:",
        "192.0.2.7:99999",
        "192.0.2.7:_\u{fc}",
        "192.0.2.7:x",
        "[2001:db8::7",
        "[2001:db8::7]x",
        "[192.0.2.7]",
        "fe80::1%eth0",
        "\"192.0.2.7\"x",
        "192.0.2.7 192.0.2.8",
    ] {
        assert_eq!(common(text), PROXY, "{text}");
        assert_eq!(common(&format!("192.0.2.1, {text}, 10.5.5.5")), ends_at(text), "{text}");
        assert_eq!(standard(&format!("for={text}")), PROXY, "{text}");
    }
}

/// Where the walk over `192.0.2.1, text, 10.5.5.5` ends: at the proxy, unless nothing stands between.
fn ends_at(text: &str) -> &'static str {
    if text.is_empty() { "192.0.2.1" } else { "10.5.5.5" }
}

#[test]
fn elements_of_the_standard_header_have_more_in_them() {
    for (value, client) in [
        ("For=192.0.2.7;proto=http;by=203.0.113.43", "192.0.2.7"),
        ("proto=https ; FOR=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
        ("for=203.0.113.9,for=192.0.2.7 ,, ", "192.0.2.7"),
        ("for=\"192.0.2\\.7\"", "192.0.2.7"),
        ("by=\"a,b;c\\\"\";for=192.0.2.7", "192.0.2.7"),
        // No address, two of them, no pairs, a string that does not end or goes on.
        ("by=203.0.113.43", PROXY),
        ("for=192.0.2.7;for=192.0.2.8", PROXY),
        ("192.0.2.7", PROXY),
        ("for=", PROXY),
        ("for=\"192.0.2.7", PROXY),
        ("for=\"", PROXY),
        ("for=192.0.2.7, for=\"x, for=10.1.1.1", PROXY),
        ("for=\"192.0.2.7\"x", PROXY),
        ("for=\"a\"b\"", PROXY),
        ("for=192.0.2.7, for=_hidden, for=10.1.1.1", "10.1.1.1"),
        ("for=192.0.2.7, for=unknown", PROXY),
    ] {
        assert_eq!(standard(value), client, "{value}");
    }
}

#[test]
fn a_string_that_a_client_leaves_open_does_not_swallow_what_the_proxy_adds() {
    for made_up in ["for=203.0.113.9;x=\"", "for=203.0.113.9;x=\"a\\", "for=203.0.113.9, \""] {
        for added in ["for=192.0.2.7", "for=\"[2001:db8::7]\"", "for=\"192.0.2.7\";proto=\"http\""] {
            assert_eq!(standard(&format!("{made_up}, {added}")), PROXY, "{made_up}, {added}");
        }
    }
}

#[test]
fn many_headers_are_one_list() {
    for name in ["x-forwarded-for", "forwarded"] {
        let node =
            |address: &str| if name == "forwarded" { format!("for={address}") } else { address.to_owned() };
        let lines = ["203.0.113.9", "192.0.2.7", "10.1.1.1"].map(node);
        let headers = lines.each_ref().map(|line| (name, line.as_str()));
        assert_eq!(from(PROXY, &headers), "192.0.2.7");
    }
    let long = vec!["10.1.1.1"; 1_000].join(",");
    assert_eq!(common(&format!("192.0.2.7,{long}")), "192.0.2.7");
    assert_eq!(common(&format!("{long},192.0.2.7")), "192.0.2.7");
    let long = vec!["for=10.1.1.1;by=x"; 1_000].join(",");
    assert_eq!(standard(&format!("for=192.0.2.7,{long}")), "192.0.2.7");
    assert_eq!(standard(&",".repeat(10_000)), PROXY);
    assert_eq!(common(&"\u{fc}".repeat(100)), PROXY);
}

#[test]
fn where_the_headers_do_not_agree_neither_is_believed() {
    let both = |standard, common| from(PROXY, &[("forwarded", standard), ("x-forwarded-for", common)]);
    assert_eq!(both("for=192.0.2.7", "203.0.113.9, 192.0.2.7"), "192.0.2.7");
    assert_eq!(both("for=203.0.113.9", "192.0.2.7"), PROXY);
    assert_eq!(both("for=_x", "192.0.2.7"), PROXY);
}
