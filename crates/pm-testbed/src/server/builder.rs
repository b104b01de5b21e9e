//! How a server is set up, and starting it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{CONFIG, Fault, Ports, Server};
use crate::certificates::Certificates;
use crate::{Product, ports};

/// How often a server gets other ports because those that were free have been taken.
const ATTEMPTS: usize = 10;

/// What a server is to be like. Without anything: no password, no TLS, nothing written to the disk.
#[must_use]
pub struct Builder {
    product: Product,
    directives: Vec<(String, String)>,
    password: Option<String>,
    port: Option<u16>,
    tls: bool,
    role: Role,
}

/// What the process is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A server of keys.
    Server,
    /// The same as a node of a cluster.
    Node,
    /// One that watches others.
    Sentinel,
}

impl Builder {
    /// A server of this product as it is without further settings.
    pub(crate) fn new(product: Product) -> Self {
        Self { product, directives: Vec::new(), password: None, port: None, tls: false, role: Role::Server }
    }

    /// A line of the configuration file. It takes the place of the default for that directive; several lines of one
    /// directive are all kept. `requirepass` is the same as [`Builder::password`].
    pub fn config(mut self, directive: &str, value: &str) -> Self {
        if directive == "requirepass" {
            return self.password(value);
        }
        self.directives.push((directive.to_owned(), value.to_owned()));
        self
    }

    /// The lines of a configuration file, one after the other.
    pub(crate) fn configs(self, lines: &[(&str, &str)]) -> Self {
        lines.iter().fold(self, |builder, (directive, value)| builder.config(directive, value))
    }

    /// What a client must say first. The server itself says it where it replicates another.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// With TLS, by a certificate of an authority that is made for this server. [`Server::cli`] goes over a port
    /// without TLS beside it.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// On this port; without, on one that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// As something else than a plain server.
    pub(crate) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// Where the program is missing or the server does not start; the message has the end of its log.
    #[track_caller]
    pub fn start(self) -> Server {
        let program = self.product.program();
        let folder = TempDir::with_prefix("pm-testbed-");
        let folder = folder.unwrap_or_else(|error| panic!("cannot make a temporary folder: {error}"));
        let certificates = self.tls.then(|| Certificates::make(folder.path()));
        let mut server = Server {
            process: None,
            ports: Ports::default(),
            password: self.password.clone(),
            ca_file: certificates.as_ref().map(|made| made.authority.clone()),
            program,
            sentinel: self.role == Role::Sentinel,
            frozen: false.into(),
            folder,
        };
        for _ in 0..ATTEMPTS {
            server.ports = self.ports();
            let file = self.file(server.folder.path(), server.ports, certificates.as_ref());
            fs::write(server.folder.path().join(CONFIG), file)
                .unwrap_or_else(|error| panic!("cannot write {CONFIG}: {error}"));
            match server.launch() {
                Ok(()) => return server,
                Err(Fault::Taken) if self.port.is_none() => {}
                Err(fault) => panic!("{}", server.told(&fault)),
            }
        }
        panic!("{}", server.told(&Fault::Taken))
    }

    fn ports(&self) -> Ports {
        let chosen = self.port.unwrap_or_else(ports::free);
        let (plain, tls) = if self.tls { (ports::free(), Some(chosen)) } else { (chosen, None) };
        Ports { plain, tls, bus: (self.role == Role::Node).then(ports::free) }
    }

    /// The text of the configuration file.
    fn file(&self, folder: &Path, ports: Ports, certificates: Option<&Certificates>) -> String {
        let path = |path: &Path| quoted(&path.to_string_lossy());
        let mut lines = vec![
            ("port", ports.plain.to_string()),
            ("bind", "127.0.0.1".to_owned()),
            ("protected-mode", "no".to_owned()),
            ("daemonize", "no".to_owned()),
            ("dir", path(folder)),
        ];
        if self.role != Role::Sentinel {
            lines.push(("save", quoted("")));
            // A replica is served at once, and looked after often.
            lines.push(("repl-diskless-sync-delay", "0".to_owned()));
            lines.push(("repl-ping-replica-period", "1".to_owned()));
        }
        if let Some(password) = &self.password {
            lines.extend(["requirepass", "masterauth"].map(|directive| (directive, quoted(password))));
        }
        if let (Some(port), Some(made)) = (ports.tls, certificates) {
            lines.push(("tls-port", port.to_string()));
            lines.push(("tls-cert-file", path(&made.server)));
            lines.push(("tls-key-file", path(&made.key)));
            lines.push(("tls-ca-cert-file", path(&made.authority)));
            lines.push(("tls-auth-clients", "no".to_owned()));
        }
        if let Some(port) = ports.bus {
            lines.push(("cluster-enabled", "yes".to_owned()));
            lines.push(("cluster-port", port.to_string()));
            lines.push(("cluster-announce-ip", "127.0.0.1".to_owned()));
            lines.push(("cluster-node-timeout", "1500".to_owned()));
            // Replicas stay with their primary when slots are moved away from it.
            lines.push(("cluster-allow-replica-migration", "no".to_owned()));
        }
        lines.retain(|(directive, _)| self.directives.iter().all(|(own, _)| own != directive));
        let own = self.directives.iter().map(|(directive, value)| (directive.as_str(), value.clone()));
        let mut text = String::new();
        for (directive, value) in lines.into_iter().chain(own) {
            // An empty value must be seen.
            let value = if value.is_empty() { quoted("") } else { value };
            let _ = writeln!(text, "{directive} {value}");
        }
        text
    }
}

/// One word of a configuration file.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
