//! Certificates for one server: an authority of its own, and what that signed for 127.0.0.1 and localhost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SETTINGS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = pm-testbed
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
";

/// Files in PEM.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The certificate of the authority.
    pub authority: PathBuf,
    /// The certificate of the server.
    pub server: PathBuf,
    /// The key of the server.
    pub key: PathBuf,
}

impl Certificates {
    /// Makes them in `folder`, by the `openssl` program.
    ///
    /// # Panics
    /// Where the program is missing or fails.
    pub fn make(folder: &Path) -> Self {
        let settings = fs::write(folder.join("openssl.cnf"), SETTINGS);
        settings.unwrap_or_else(|error| panic!("cannot write into {}: {error}", folder.display()));
        let key = "req -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(folder, &format!("{key} -x509 -extensions authority -days 30 -keyout ca.key -out ca.pem"));
        openssl(folder, &format!("{key} -subj /CN=127.0.0.1 -keyout server.key -out server.csr"));
        let signed = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 30";
        openssl(folder, &format!("{signed} -extfile openssl.cnf -extensions server -out server.pem"));
        Self {
            authority: folder.join("ca.pem"),
            server: folder.join("server.pem"),
            key: folder.join("server.key"),
        }
    }

    /// The key of the server under the passphrase `sesame`, in each of the two ways to write that.
    ///
    /// # Panics
    /// Where the program fails.
    pub fn encrypted_keys(&self) -> [PathBuf; 2] {
        let folder = self.key.parent().unwrap_or_else(|| Path::new("."));
        openssl(folder, "pkcs8 -topk8 -in server.key -passout pass:sesame -out pkcs8.key");
        openssl(folder, "ec -in server.key -aes128 -passout pass:sesame -out traditional.key");
        ["pkcs8.key", "traditional.key"].map(|name| folder.join(name))
    }
}

fn openssl(folder: &Path, words: &str) {
    let mut command = Command::new("openssl");
    command.args(words.split(' ')).current_dir(folder).stdin(Stdio::null());
    let done = command
        .output()
        .unwrap_or_else(|_| panic!("openssl is not there: `cargo xtask test` installs it, or says how"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "openssl {words} failed: {said}");
}
