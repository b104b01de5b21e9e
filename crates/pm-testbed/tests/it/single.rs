use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use pm_testbed::{Product, Reply, Server, shared, until};

#[test]
fn both_products_start_with_nothing_to_say_and_nothing_on_the_disk() {
    for server in [shared::redis(), shared::valkey()] {
        server.cli(&["SET", "key", "value"]).ok();
        assert_eq!(server.cli(&["GET", "key"]).text(), "value");
        assert_eq!(server.cli(&["DEL", "key", "other"]).int(), 1);
        assert_eq!(server.url(), format!("redis://127.0.0.1:{}/0", server.port()));
        for (directive, value) in [("save", ""), ("appendonly", "no"), ("bind", "127.0.0.1")] {
            let words = server.cli(&["CONFIG", "GET", directive]).array();
            assert_eq!(words.into_iter().nth(1).unwrap().text(), value, "{directive}");
        }
    }
    assert_eq!(shared::redis().port(), shared::redis().port());
}

#[test]
fn binary_values_and_refusals_come_back() {
    let server = shared::redis();
    server.cli(&[&b"SET"[..], b"binary", b"\x00\xff\r\n"]).ok();
    assert_eq!(server.cli(&["GET", "binary"]), Reply::Bulk(Some(b"\x00\xff\r\n".to_vec())));
    assert!(matches!(server.cli(&["NONSENSE"]), Reply::Error(text) if text.starts_with("ERR")));
}

#[test]
fn a_restart_keeps_port_and_data_and_a_wipe_takes_the_data() {
    for product in Product::ALL {
        let mut server =
            Server::builder(product).config("appendonly", "yes").config("appendfsync", "always").start();
        let (url, pid) = (server.url(), server.pid());
        server.cli(&["SET", "key", "value"]).ok();
        server.kill();
        assert!(server.try_cli(&["PING"]).is_err());
        server.restart();
        assert_ne!(server.pid(), pid);
        assert_eq!(server.url(), url);
        assert_eq!(server.cli(&["GET", "key"]).text(), "value");
        server.restart();
        server.kill();
        server.wipe();
        server.restart();
        assert_eq!(server.cli(&["DBSIZE"]).int(), 0);
    }
}

#[test]
fn a_frozen_server_answers_nothing_until_it_thaws() {
    for product in Product::ALL {
        let mut server = Server::start(product);
        server.freeze();
        assert!(server.try_cli(&["PING"]).is_err());
        server.thaw();
        assert_eq!(server.cli(&["PING"]).text(), "PONG");
        server.freeze();
        server.restart();
        assert_eq!(server.cli(&["PING"]).text(), "PONG");
        // Dropped while it is frozen.
        server.freeze();
    }
}

#[test]
fn a_password_is_asked_for_and_stands_in_the_url() {
    let server = Server::builder(Product::Redis).password("p@ss \"word").start();
    assert_eq!(server.cli(&["PING"]).text(), "PONG");
    assert_eq!(server.url(), format!("redis://:p%40ss%20%22word@127.0.0.1:{}/0", server.port()));
    let other = Server::builder(Product::Valkey).config("requirepass", "secret").start();
    assert!(other.url().contains(":secret@"));
    assert_eq!(other.cli(&["CONFIG", "GET", "requirepass"]).array().len(), 2);
}

#[test]
fn a_port_can_be_chosen_and_one_that_is_taken_is_said() {
    let taken = shared::redis().port();
    let start = || Server::builder(Product::Redis).port(taken).start();
    let panic = std::panic::catch_unwind(start).err().unwrap();
    let said = panic.downcast_ref::<String>().unwrap();
    assert!(said.contains(&format!("another process listens on port {taken}")), "{said}");

    let mut first = Server::start(Product::Redis);
    first.kill();
    assert_eq!(Server::builder(Product::Redis).port(first.port()).start().port(), first.port());
}

#[test]
fn a_wrong_directive_is_said() {
    let start = || Server::builder(Product::Redis).config("no-such-thing", "1").start();
    let panic = std::panic::catch_unwind(start).err().unwrap();
    let said = panic.downcast_ref::<String>().unwrap();
    assert!(said.contains("ended by itself") && said.contains("no-such-thing"), "{said}");
}

#[test]
fn tls_is_trusted_by_its_own_authority_only() {
    let server = Server::builder(Product::Redis).tls().password("secret").start();
    assert_eq!(server.url(), format!("rediss://:secret@127.0.0.1:{}/0", server.port()));
    let speak = |server: &Server, authority: &Server| {
        let address = format!("127.0.0.1:{}", server.port());
        let mut client = Command::new("openssl");
        client.args(["s_client", "-quiet", "-verify_return_error", "-verify_ip", "127.0.0.1"]);
        client.args(["-connect", &address, "-CAfile"]).arg(authority.ca_file().unwrap());
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut client = client.spawn().unwrap();
        // One that does not trust the server may be gone already.
        let _ = client.stdin.take().unwrap().write_all(b"AUTH secret\r\nPING\r\nQUIT\r\n");
        String::from_utf8(client.wait_with_output().unwrap().stdout).unwrap()
    };
    assert_eq!(speak(&server, &server), "+OK\r\n+PONG\r\n+OK\r\n");
    let other = Server::builder(Product::Redis).tls().start();
    assert_eq!(speak(&server, &other), "");
    assert_eq!(server.cli(&["PING"]).text(), "PONG");
    assert!(shared::redis().ca_file().is_none());
}

#[test]
fn computing_is_counted() {
    let server = shared::redis();
    let before = server.cpu_seconds();
    until(Duration::from_secs(10), "the server has computed", || server.cpu_seconds() > before);
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = Server::start(Product::Valkey);
    let (folder, port) = (server.folder().to_owned(), server.port());
    assert!(folder.is_dir());
    drop(server);
    assert!(!folder.exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}
