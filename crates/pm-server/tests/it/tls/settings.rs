//! The two settings as the process takes them.

use super::Folder;
use crate::harness::process::run;

/// Starts the server with these files, which it must refuse: what it says, by line.
async fn faults(folder: &Folder, certificate: &str, key: &str) -> Vec<String> {
    let settings = [("TLS_CERT", certificate), ("TLS_KEY", key), ("API_PORT", "x")];
    let ran = run(folder.path(), &settings, &[]).await.expect(2);
    let lines: Vec<_> = ran.stderr.strip_prefix("ai-pm: ").unwrap().lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("API_PORT "), "told together with other faults: {lines:#?}");
    for name in ["server.pem", "server.key"] {
        let held = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let told =
            held.lines().filter(|line| !line.starts_with("-----")).find(|line| ran.stderr.contains(line));
        assert_eq!(told, None, "{lines:#?}");
    }
    lines[1..].to_vec()
}

#[tokio::test]
async fn each_fault_of_the_files_is_one_line_that_tells_the_way_out() {
    let folder = Folder::new();
    let other = Folder::new();
    folder.made.encrypted_keys();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    let foreign = other.file("tls.key");
    for (certificate, key, wanted) in [
        ("tls.pem", "", &[("TLS_KEY (default)", "is missing, and TLS_CERT needs it")][..]),
        ("", "tls.key", &[("TLS_CERT (default)", "is missing, and TLS_KEY needs it")]),
        ("none", "tls.key", &[("TLS_CERT (environment)", "\"none\" is not accepted: it cannot be read")]),
        ("tls.pem", "none", &[("TLS_KEY (environment)", "\"none\" is not accepted: it cannot be read")]),
        (
            "empty",
            "empty",
            &[
                ("TLS_CERT (environment)", "no certificate in it; name a PEM file"),
                ("TLS_KEY (environment)", "no private key in it; name a PEM file"),
            ],
        ),
        (
            "tls.key",
            "tls.pem",
            &[
                ("TLS_CERT (environment)", "no certificate in it"),
                ("TLS_KEY (environment)", "no private key"),
            ],
        ),
        ("tls.pem", "pkcs8.key", &[("TLS_KEY (environment)", "openssl pkey")]),
        ("tls.pem", "traditional.key", &[("TLS_KEY (environment)", "openssl pkey")]),
        ("tls.pem", &foreign, &[("TLS_KEY (environment)", "is not the key of the certificate in TLS_CERT")]),
        (".", "tls.key", &[("TLS_CERT (environment)", "no file of PEM")]),
    ] {
        let lines = faults(&folder, certificate, key).await;
        assert_eq!(lines.len(), wanted.len(), "{certificate}, {key}: {lines:#?}");
        for (line, (start, part)) in lines.iter().zip(wanted) {
            assert!(line.starts_with(start) && line.contains(part), "{certificate}, {key}: {line}");
        }
    }
    assert!(!folder.path().join("data").exists(), "nothing is made");

    let settings = [("TLS_CERT", "tls.pem"), ("TLS_KEY", "tls.key")];
    let ran = run(folder.path(), &settings, &["config"]).await.expect(0);
    assert!(
        ran.stdout.contains("TLS_CERT=tls.pem (environment)\nTLS_KEY=tls.key (environment)\n"),
        "{ran:?}"
    );
}
