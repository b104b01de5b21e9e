//! The way to Redis: connections, what keeps them up, and the calls over them.
//!
//! A call waits about 1.5 s at most. It is never sent twice, unless the server said that it did nothing: a script it does
//! not know, a slot that is elsewhere, data that is still being loaded.

mod cluster;
mod connect;
pub(super) mod facts;
mod fault;
mod node;
mod resolve;
mod script;
mod slots;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pm_core::ports::ServerInfo;
use pm_core::{Error, Result};
use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};
use tokio::time::{Instant, timeout, timeout_at};

use self::cluster::Cluster;
pub(super) use self::connect::{Address, Connector};
use self::fault::Remedy;
use self::node::{Node, Up};
use self::resolve::Resolve;
pub(super) use self::script::Script;
use super::options::{RedisOptions, Topology};

/// How long a call may take in all.
pub(super) const CALL: Duration = Duration::from_millis(1_500);
/// How long to wait before a call is sent again that the server could not do just now.
const AGAIN: Duration = Duration::from_millis(20);
/// How long a ping may take.
const PING: Duration = Duration::from_millis(700);
/// How long replicas may take to say that they have a write. Twice that is less than a call may take.
const REPLICAS: Duration = Duration::from_millis(500);
/// How long calls under way may take to end when the link is closed.
const CLOSE: Duration = Duration::from_secs(2);

/// Why there is no way to Redis, and never will be with these options.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of authorities cannot be read.
    #[error("REDIS_TLS_CA: {path} cannot be read: {source}", path = path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The client does not take the options.
    #[error("Redis cannot be connected to with these settings: {0}")]
    Client(RedisError),
}

/// What a script is called with. The first key decides the node; in a cluster all keys are of one slot.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) args: Vec<Vec<u8>>,
}

/// The way to Redis.
#[derive(Debug)]
pub(super) struct Link {
    way: Way,
    wait_replicas: u32,
    closed: AtomicBool,
    under_way: AtomicUsize,
}

#[derive(Debug)]
enum Way {
    One(Node),
    Many(Cluster),
}

/// A node that was chosen for a call.
enum Chosen<'a> {
    One(&'a Node),
    Many(Arc<Node>),
}

/// What is sent: a command, or a write that waits for replicas.
struct Sent<'a> {
    name: &'static str,
    slot: u16,
    command: Cmd,
    /// The same where the server does not know the script.
    whole: Option<(&'a Script, &'a Call)>,
    wait: u32,
}

impl Link {
    /// Checks the options and begins to connect; it does not wait for Redis.
    pub(super) fn open(options: RedisOptions) -> Result<Self, OpenError> {
        let connector = Connector::new(&options)?;
        let RedisOptions { topology, nodes, wait_replicas, .. } = options;
        let way = match topology {
            Topology::Cluster => Way::Many(Cluster::start(connector, nodes)),
            Topology::Sentinel { service } => {
                let resolve = Resolve::Sentinels { addresses: nodes, service };
                Way::One(Node::start(connector, resolve, "sentinel"))
            }
            Topology::Single => {
                let address = nodes.into_iter().next().unwrap_or_else(|| ("localhost".to_owned(), 6379));
                Way::One(Node::start(connector, Resolve::Fixed(address), "standalone"))
            }
        };
        Ok(Self { way, wait_replicas, closed: AtomicBool::default(), under_way: AtomicUsize::default() })
    }

    /// Waits until Redis is there.
    pub(super) async fn ready(&self, within: Duration) -> Result<()> {
        match &self.way {
            Way::One(node) => node.ready(within).await,
            Way::Many(cluster) => cluster.ready(within).await,
        }
    }

    /// Runs a script.
    pub(super) async fn read(&self, script: &Script, call: &Call) -> Result<Value> {
        self.script(script, call, 0).await
    }

    /// Runs a script that writes, and waits for as many replicas as the options say.
    pub(super) async fn write(&self, script: &Script, call: &Call) -> Result<Value> {
        self.script(script, call, self.wait_replicas).await
    }

    async fn script(&self, script: &Script, call: &Call, wait: u32) -> Result<Value> {
        let slot = self.slot(call.keys.first().map(Vec::as_slice).unwrap_or_default());
        let command = script.by_name(call);
        self.call(Sent { name: script.name, slot, command, whole: Some((script, call)), wait }).await
    }

    /// Sends a plain command to the node of its key.
    pub(super) async fn command(&self, name: &'static str, key: &[u8], command: Cmd) -> Result<Value> {
        self.call(Sent { name, slot: self.slot(key), command, whole: None, wait: 0 }).await
    }

    fn slot(&self, key: &[u8]) -> u16 {
        // One server has them all.
        if matches!(self.way, Way::Many(_)) { slots::of(key) } else { 0 }
    }

    /// Whether Redis does its work.
    pub(super) async fn ping(&self) -> Result<()> {
        self.open_still()?;
        match &self.way {
            Way::One(node) => {
                let asked = async {
                    let mut up = node.up(Instant::now() + AGAIN).await?;
                    let answer = facts::ask(&mut up.connection, &redis::cmd("PING")).await;
                    answer.map(drop).map_err(|error| {
                        node.is_broken();
                        fault::error("ping", &error)
                    })
                };
                timeout(PING, asked).await.unwrap_or_else(|late| Err(Error::unavailable(late)))
            }
            Way::Many(cluster) => cluster.well().await,
        }
    }

    /// What is on the other end.
    pub(super) fn server(&self) -> Option<ServerInfo> {
        let server = match &self.way {
            Way::One(node) => node.server(),
            Way::Many(cluster) => cluster.server(),
        };
        server.map(|server| ServerInfo::clone(&server))
    }

    /// Lets calls under way end; later ones fail.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let ended = async {
            while self.under_way.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = timeout(CLOSE, ended).await;
    }

    fn open_still(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::unavailable("the store is closed"));
        }
        Ok(())
    }

    async fn call(&self, sent: Sent<'_>) -> Result<Value> {
        let _under_way = UnderWay::new(&self.under_way);
        self.open_still()?;
        let name = sent.name;
        let start = Instant::now();
        let deadline = start + CALL;
        let outcome = timeout_at(deadline, self.until_done(sent, deadline)).await;
        let outcome = outcome.unwrap_or_else(|late| Err(Error::unavailable(format!("{name}: {late}"))));
        let label = match &outcome {
            Ok(_) => "ok",
            Err(Error::StoreUnavailable(_)) => "unavailable",
            Err(_) => "failed",
        };
        metrics::counter!("redis_commands_total", "command" => name, "outcome" => label).increment(1);
        metrics::histogram!("redis_command_duration_seconds", "command" => name)
            .record(start.elapsed().as_secs_f64());
        outcome
    }

    /// Sends until it is done, refused, or not known to be either.
    async fn until_done(&self, mut sent: Sent<'_>, deadline: Instant) -> Result<Value> {
        let mut redirection: Option<(Address, bool)> = None;
        loop {
            let (chosen, mut up) = match (&self.way, &redirection) {
                (Way::One(node), _) => (Chosen::One(node), node.up(deadline).await?),
                (Way::Many(cluster), Some((address, _))) => {
                    let (node, up) = cluster.at(address, deadline).await?;
                    (Chosen::Many(node), up)
                }
                (Way::Many(cluster), None) => {
                    let (node, up) = cluster.owner(sent.slot, deadline).await?;
                    (Chosen::Many(node), up)
                }
            };
            let asking = redirection.take().is_some_and(|(_, asking)| asking);
            let error = match send(&mut up, &sent, asking).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let remedy = fault::remedy(&error);
            match (remedy, &self.way) {
                (Remedy::SendWhole, _) if let Some((script, call)) = sent.whole.take() => {
                    metrics::counter!("redis_script_reloads_total").increment(1);
                    sent.command = script.whole(call);
                    redirection = None;
                }
                (Remedy::Moved | Remedy::Ask, Way::Many(cluster)) => {
                    if remedy == Remedy::Moved {
                        cluster.is_stale();
                    }
                    let address = cluster::redirected(&error, "");
                    redirection = address.map(|address| (address, remedy == Remedy::Ask));
                }
                (Remedy::Wait, _) if Instant::now() + AGAIN < deadline => {
                    if let Way::Many(cluster) = &self.way {
                        cluster.is_stale();
                    }
                    tokio::time::sleep(AGAIN).await;
                }
                _ => {
                    if matches!(remedy, Remedy::Reconnect | Remedy::Unavailable) {
                        chosen.is_broken();
                    }
                    if let Way::Many(cluster) = &self.way {
                        cluster.is_stale();
                    }
                    return Err(fault::error(sent.name, &error));
                }
            }
        }
    }
}

impl Chosen<'_> {
    fn is_broken(&self) {
        match self {
            Self::One(node) => node.is_broken(),
            Self::Many(node) => node.is_broken(),
        }
    }
}

async fn send(up: &mut Up, sent: &Sent<'_>, asking: bool) -> RedisResult<Value> {
    let connection = &mut up.connection;
    if !asking && sent.wait == 0 {
        return connection.send_packed_command(&sent.command).await.and_then(Value::extract_error);
    }
    // What belongs together goes out together: others use the same connection.
    let mut pipeline = Pipeline::new();
    if asking {
        pipeline.add_command(redis::cmd("ASKING"));
    }
    pipeline.add_command(sent.command.clone());
    if sent.wait > 0 {
        let mut wait = redis::cmd("WAIT");
        wait.arg(sent.wait).arg(u64::try_from(REPLICAS.as_millis()).unwrap_or(500));
        pipeline.add_command(wait);
    }
    let answers = connection.send_packed_commands(&pipeline, 0, pipeline.len()).await?;
    let mut answers = answers.into_iter().skip(usize::from(asking));
    let answer = answers.next().unwrap_or(Value::Nil).extract_error()?;
    match answers.next() {
        Some(Value::Int(replicas)) if replicas < i64::from(sent.wait) => Err(RedisError::from((
            redis::ErrorKind::Server(redis::ServerErrorKind::MasterDown),
            "too few replicas have the write",
            format!("{replicas} of {}", sent.wait),
        ))),
        Some(other) => other.extract_error().map(|_| answer),
        None => Ok(answer),
    }
}

/// Counts a call while it is under way, whatever becomes of it.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        metrics::gauge!("redis_commands_in_flight").increment(1.0);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
        metrics::gauge!("redis_commands_in_flight").decrement(1.0);
    }
}
