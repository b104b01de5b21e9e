use std::path::Path;

use pm_testbed::Certificates;
use tempfile::TempDir;

use super::*;

fn made() -> (TempDir, Certificates) {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::make(folder.path());
    (folder, made)
}

fn write(folder: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The body of what stands in a PEM file, which no fault may repeat.
fn body(path: &Path) -> String {
    text(path).lines().nth(1).unwrap().to_owned()
}

#[test]
fn a_certificate_and_its_key_fit_and_those_of_others_do_not() {
    let ((folder, ours), (_other, theirs)) = (made(), made());
    let chain = write(&folder, "chain.pem", &(text(&ours.server) + &text(&ours.authority)));
    let both = write(&folder, "both.pem", &(text(&ours.key) + &text(&ours.server)));
    assert_eq!(certificates(&chain).unwrap().len(), 2);
    for (certificate, key) in [(&ours.server, &ours.key), (&chain, &ours.key), (&both, &both)] {
        fit(certificates(certificate).unwrap(), private_key(key).unwrap()).unwrap();
    }
    let wrong_order = write(&folder, "wrong.pem", &(text(&ours.authority) + &text(&ours.server)));
    for (certificate, key) in [(&ours.server, &theirs.key), (&wrong_order, &ours.key)] {
        let fault = fit(certificates(certificate).unwrap(), private_key(key).unwrap()).unwrap_err();
        assert!(fault.contains("is not the key of the certificate"), "{fault}");
    }
}

#[test]
fn faults_of_files_say_what_is_wrong_and_nothing_of_what_they_hold() {
    let (folder, made) = made();
    let absent = folder.path().join("absent.pem");
    let broken = write(&folder, "broken.pem", &text(&made.server).replace("-----END", "!!"));
    let odd = write(&folder, "odd.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    let large = write(&folder, "large.pem", &"x".repeat((1 << 20) + 1));
    for (path, part) in [
        (&absent, "cannot be read (No such file"),
        (&folder.path().to_owned(), "no file of PEM"),
        (&large, "no file of PEM"),
        (&made.key, "no certificate in it"),
        (&write(&folder, "empty.pem", ""), "no certificate in it"),
        (&broken, "broken PEM"),
        (&odd, "cannot be read"),
    ] {
        let fault = certificates(path).unwrap_err();
        assert!(fault.contains(part) && !fault.contains(&body(&made.server)), "{part}: {fault}");
    }
    let odd = write(&folder, "odd.key", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    let [modern, traditional] = made.encrypted_keys();
    for (path, part) in [
        (&absent, "cannot be read (No such file"),
        (&made.server, "no private key in it"),
        (&odd, "a kind that is not known"),
        (&modern, "is encrypted"),
        (&traditional, "is encrypted"),
    ] {
        let fault = private_key(path).unwrap_err();
        let held = text(path_or(path, &made.key));
        assert!(fault.contains(part), "{part}: {fault}");
        assert!(!held.lines().any(|line| line.len() > 3 && fault.contains(line)), "{fault}");
    }
}

/// `path`, or another where nothing is there.
fn path_or<'a>(path: &'a Path, other: &'a Path) -> &'a Path {
    if path.exists() { path } else { other }
}

#[test]
fn a_reload_takes_what_is_good_and_keeps_what_was() {
    let ((folder, ours), (_other, theirs)) = (made(), made());
    let (certificate, key) = (folder.path().join("tls.pem"), folder.path().join("tls.key"));
    std::fs::copy(&ours.server, &certificate).unwrap();
    std::fs::copy(&ours.key, &key).unwrap();
    let encryption = Encryption::open(Files { certificate: certificate.clone(), key: key.clone() }).unwrap();
    let config = || Arc::clone(encryption.acceptor().config());
    let first = config();
    assert_eq!(first.alpn_protocols, [b"http/1.1"]);

    std::fs::copy(&theirs.server, &certificate).unwrap();
    let fault = encryption.reload().unwrap_err().to_string();
    assert!(fault.starts_with("TLS_KEY ") && fault.contains("tls.key"), "{fault}");
    assert!(Arc::ptr_eq(&first, &config()));
    std::fs::copy(&theirs.key, &key).unwrap();
    encryption.reload().unwrap();
    assert!(!Arc::ptr_eq(&first, &config()));
    std::fs::remove_file(&certificate).unwrap();
    let fault = encryption.reload().unwrap_err().to_string();
    assert!(fault.starts_with("TLS_CERT ") && fault.contains("tls.pem"), "{fault}");
}
