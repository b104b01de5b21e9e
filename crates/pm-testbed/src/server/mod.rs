//! One server.

mod builder;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

pub use builder::Builder;
pub(crate) use builder::{Role, quoted};

use crate::client::Client;
use crate::guard::Guarded;
use crate::{Product, Reply, polling};

const CONFIG: &str = "server.conf";
const LOG: &str = "server.log";
/// How long an answer to a test may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take that is asked for again if it does not come.
const PROBE: Duration = Duration::from_secs(1);
/// How long a server may take until it answers, its data loaded.
const START: Duration = Duration::from_secs(30);

/// A server of its own: one process. Dropped, it is killed and its folder is removed.
pub struct Server {
    // Before the folder: who is killed first writes nothing into it any more.
    process: Option<Guarded>,
    ports: Ports,
    password: Option<String>,
    ca_file: Option<PathBuf>,
    program: PathBuf,
    sentinel: bool,
    frozen: AtomicBool,
    folder: TempDir,
}

#[derive(Clone, Copy, Default)]
struct Ports {
    plain: u16,
    tls: Option<u16>,
    bus: Option<u16>,
}

/// Why a server does not answer.
enum Fault {
    /// Another process listens on its port.
    Taken,
    /// It ended by itself.
    Ended,
    /// It runs, and does not answer.
    Silent,
}

impl Server {
    /// Starts a plain server.
    #[track_caller]
    pub fn start(product: Product) -> Self {
        Self::builder(product).start()
    }

    /// Sets up a server; [`Builder::start`] starts it.
    pub fn builder(product: Product) -> Builder {
        Builder::new(product)
    }

    /// The port for clients: the one with TLS, if it has TLS.
    pub fn port(&self) -> u16 {
        self.ports.tls.unwrap_or(self.ports.plain)
    }

    /// Where it listens.
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// `redis://127.0.0.1:6379/0`, with `rediss` for TLS, and with its password if it has one.
    pub fn url(&self) -> String {
        let scheme = if self.ports.tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://{}{}:{}/0", user(self.password.as_deref()), self.host(), self.port())
    }

    /// The certificate, in PEM, of the authority that signed the server's. `None` without TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// Its folder, with its configuration, its log and its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What one command answers, over a connection of its own and as the user with the password. So `WAIT` and
    /// `MULTI` have no effect here; [`crate::Sentinels::wait_until_in_sync`] and
    /// [`crate::Cluster::wait_until_whole`] wait for replicas.
    ///
    /// # Panics
    /// Where there is no answer within 10 seconds. An answer that is a refusal is returned.
    #[track_caller]
    pub fn cli<W: AsRef<[u8]>>(&self, words: &[W]) -> Reply {
        let asked = self.client(PATIENCE).and_then(|mut client| client.ask(words));
        asked
            .unwrap_or_else(|error| panic!("the server on port {} did not answer: {error}", self.ports.plain))
    }

    /// The same for a server that may not answer: dead, frozen or still loading. It waits for a second at most.
    pub fn try_cli<W: AsRef<[u8]>>(&self, words: &[W]) -> io::Result<Reply> {
        if !self.answers() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        self.client(PROBE)?.ask(words)
    }

    /// A field of `INFO section`, empty where there is none or the server does not answer.
    pub fn info(&self, section: &str, field: &str) -> String {
        self.field(&["INFO", section], field)
    }

    /// SIGKILL; returns when it is gone. Its files stay.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
        self.frozen.store(false, Ordering::Relaxed);
    }

    /// Starts it again on the same port with the same files, after killing it where it runs. Returns when it answers,
    /// its data loaded.
    ///
    /// # Panics
    /// Where it does not start.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        let mut fault = Fault::Taken;
        // Someone may be on the port for a moment, as when a client without a server connects to itself.
        let started = polling::holds(START, || match self.launch() {
            Ok(()) => true,
            Err(why) => {
                let again = matches!(why, Fault::Taken);
                fault = why;
                !again
            }
        });
        assert!(started && self.process.is_some(), "{}", self.told(&fault));
    }

    /// Removes its data, as after the loss of its disk. It is killed first where it runs.
    ///
    /// # Panics
    /// Where the files cannot be removed.
    pub fn wipe(&mut self) {
        self.kill();
        let folder = self.folder.path();
        for done in
            [fs::remove_file(folder.join("dump.rdb")), fs::remove_dir_all(folder.join("appendonlydir"))]
        {
            if let Err(error) = done
                && error.kind() != io::ErrorKind::NotFound
            {
                panic!("cannot remove the data of the server: {error}");
            }
        }
    }

    /// Stops it where it is (SIGSTOP): it holds its connections and answers nothing.
    #[track_caller]
    pub fn freeze(&self) {
        self.frozen.store(true, Ordering::Relaxed);
        self.running().set_frozen(true);
    }

    /// Lets it go on (SIGCONT).
    #[track_caller]
    pub fn thaw(&self) {
        self.running().set_frozen(false);
        self.frozen.store(false, Ordering::Relaxed);
    }

    /// The seconds that the process has spent computing, for itself and in the kernel.
    ///
    /// # Panics
    /// Where it does not answer.
    #[track_caller]
    pub fn cpu_seconds(&self) -> f64 {
        let part = |field: &str| self.info("cpu", field).parse::<f64>();
        let (Ok(user), Ok(kernel)) = (part("used_cpu_user"), part("used_cpu_sys")) else {
            panic!("the server on port {} did not say how long it has computed", self.ports.plain)
        };
        user + kernel
    }

    /// The process id of the server itself.
    ///
    /// # Panics
    /// Where it was killed.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.running().pid()
    }

    /// Whether it is neither killed nor frozen.
    pub(crate) fn answers(&self) -> bool {
        self.process.is_some() && !self.frozen.load(Ordering::Relaxed)
    }

    /// The port by which the nodes of a cluster speak to each other.
    pub(crate) fn bus(&self) -> u16 {
        self.ports.bus.unwrap_or_default()
    }

    /// What a client must say first.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// A field of an answer that has one `name:value` a line, empty where there is none or the server does not answer.
    pub(crate) fn field(&self, words: &[&str], name: &str) -> String {
        let Ok(Reply::Bulk(Some(bytes))) = self.try_cli(words) else { return String::new() };
        let text = String::from_utf8_lossy(&bytes);
        let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }

    /// How many bytes of changes it has told its replicas, or heard from the server that it replicates.
    pub(crate) fn replicated(&self) -> Option<u64> {
        let told = if self.is_replica() { "slave_repl_offset" } else { "master_repl_offset" };
        self.info("replication", told).parse().ok()
    }

    /// Whether it replicates another.
    pub(crate) fn is_replica(&self) -> bool {
        self.info("replication", "role") == "slave"
    }

    /// The port of the server that it replicates, if it is connected with it and has its data.
    pub(crate) fn follows(&self) -> Option<u16> {
        let up = self.info("replication", "master_link_status") == "up";
        self.info("replication", "master_port").parse().ok().filter(|_| up)
    }

    /// A connection that can be used more than once.
    pub(crate) fn client(&self, patience: Duration) -> io::Result<Client> {
        Client::open(self.ports.plain, self.password(), patience)
    }

    #[track_caller]
    fn running(&self) -> &Guarded {
        let Some(process) = &self.process else { panic!("the server was killed") };
        process
    }

    /// Starts the process with the configuration that is there. Where it does not answer it is killed.
    fn launch(&mut self) -> Result<(), Fault> {
        let folder = self.folder.path();
        let log = folder.join(LOG);
        // What was said before is none of this start's.
        let _ = fs::remove_file(&log);
        let mut words: Vec<OsString> = vec![self.program.clone().into(), folder.join(CONFIG).into()];
        words.extend(self.sentinel.then(|| "--sentinel".into()));
        let process = Guarded::start(folder, &log, &words);
        let mut ended = false;
        let settled = polling::holds(START, || {
            ended = process.ended();
            ended || self.is_ready(process.pid())
        });
        if settled && !ended {
            self.process = Some(process);
            return Ok(());
        }
        process.kill();
        Err(if !ended {
            Fault::Silent
        } else if self.log().contains("Address already in use") {
            Fault::Taken
        } else {
            Fault::Ended
        })
    }

    /// Whether it answers, with its data loaded, and is the process that we started: another may have its port.
    fn is_ready(&self, pid: u32) -> bool {
        let Ok(mut client) = self.client(PROBE) else { return false };
        let pong = matches!(client.ask(&["PING"]), Ok(Reply::Simple(answer)) if answer == "PONG");
        let Ok(Reply::Bulk(Some(about))) = client.ask(&["INFO", "server"]) else { return false };
        let own = format!("process_id:{pid}");
        pong && String::from_utf8_lossy(&about).lines().any(|line| line == own)
    }

    fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What a developer reads of it.
    fn told(&self, fault: &Fault) -> String {
        let program = self.program.display();
        let what = match fault {
            Fault::Taken => format!("another process listens on port {}", self.port()),
            Fault::Ended => "it ended by itself".to_owned(),
            Fault::Silent => format!("it did not answer within {} s", START.as_secs()),
        };
        let log = self.log();
        let lines: Vec<_> = log.lines().rev().take(12).collect();
        let end = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        format!("{program} does not start: {what}. Its log ends with:\n{end}")
    }
}

/// What stands before the host of a URL.
pub(crate) fn user(password: Option<&str>) -> String {
    password.map(|password| format!(":{}@", percent_encoded(password))).unwrap_or_default()
}

fn percent_encoded(text: &str) -> String {
    let each = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    each.collect()
}
