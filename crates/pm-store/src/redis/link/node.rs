//! One server, and the task that keeps the way to it open.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use pm_core::Error;
use pm_core::ports::ServerInfo;
use redis::aio::MultiplexedConnection;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::{Address, Connector};
use super::facts;
use super::resolve::Resolve;

/// How many nodes are connected to now.
const CONNECTED: &str = "redis_connected_nodes";
/// How often a connection is looked after: what bounds how long health may be wrong.
const WATCH: Duration = Duration::from_millis(250);
/// How many watches pass between two questions to the sentinels.
const WATCHES_A_RESOLVE: u32 = 4;
/// The first and the longest pause between two attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How long after its loss a connection is waited for.
pub(super) const WAIT: Duration = Duration::from_secs(1);

/// What is known of the way to a server.
#[derive(Clone)]
enum State {
    Down { since: Instant, why: Arc<str> },
    Up(Up),
}

/// A connection that works.
#[derive(Clone)]
pub(super) struct Up {
    pub(super) connection: MultiplexedConnection,
    pub(super) server: Arc<ServerInfo>,
}

/// One server. Dropping it ends its task.
pub(super) struct Node {
    state: watch::Receiver<State>,
    broken: Arc<Notify>,
    task: tokio::task::AbortHandle,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("up", &self.server().is_some()).finish_non_exhaustive()
    }
}

/// What the task of a node works with.
struct Keeper {
    connector: Connector,
    resolve: Resolve,
    mode: &'static str,
    state: watch::Sender<State>,
    broken: Arc<Notify>,
    established: u64,
}

impl Node {
    /// Connects now, and again whenever it is needed.
    pub(super) fn start(connector: Connector, resolve: Resolve, mode: &'static str) -> Self {
        let since = Instant::now();
        let (sender, state) =
            watch::channel(State::Down { since, why: "it has not been reached yet".into() });
        let broken = Arc::new(Notify::new());
        let keeper =
            Keeper { connector, resolve, mode, state: sender, broken: broken.clone(), established: 0 };
        let task = tokio::spawn(keeper.run()).abort_handle();
        Self { state, broken, task }
    }

    /// The connection, waited for if it was lost just now.
    pub(super) async fn up(&self, deadline: Instant) -> Result<Up, Error> {
        let lost = match &*self.state.borrow() {
            State::Up(up) => return Ok(up.clone()),
            State::Down { since, why } if since.elapsed() > WAIT => return Err(away(why)),
            State::Down { since, .. } => *since,
        };
        let mut state = self.state.clone();
        // Counted from the loss, so that who was kept waiting by it before does not wait as long again.
        let deadline = deadline.min(lost + WAIT);
        let _ = timeout_at(deadline, state.wait_for(|state| matches!(state, State::Up(_)))).await;
        match &*state.borrow() {
            State::Up(up) => Ok(up.clone()),
            State::Down { why, .. } => Err(away(why)),
        }
    }

    /// Waits until there is a connection.
    pub(super) async fn ready(&self, within: Duration) -> Result<(), Error> {
        let mut state = self.state.clone();
        let _ = timeout(within, state.wait_for(|state| matches!(state, State::Up(_)))).await;
        match &*state.borrow() {
            State::Up(_) => Ok(()),
            State::Down { why, .. } => Err(away(why)),
        }
    }

    /// What is on the other end, if it is there now.
    pub(super) fn server(&self) -> Option<Arc<ServerInfo>> {
        match &*self.state.borrow() {
            State::Up(up) => Some(up.server.clone()),
            State::Down { .. } => None,
        }
    }

    /// Says that a call found the connection to be of no more use.
    pub(super) fn is_broken(&self) {
        self.broken.notify_one();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
        if self.server().is_some() {
            metrics::gauge!(CONNECTED).decrement(1.0);
        }
    }
}

fn away(why: &Arc<str>) -> Error {
    Error::unavailable(format!("Redis is not there: {why}"))
}

impl Keeper {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.connect().await {
                Ok((up, address)) => {
                    pause = FIRST_PAUSE;
                    self.is_up(&up, &address);
                    let mut connection = up.connection.clone();
                    self.state.send_replace(State::Up(up));
                    let why = self.watch(&mut connection, &address).await;
                    self.is_down(why);
                }
                Err(why) => {
                    self.is_down(why);
                    tokio::time::sleep(jittered(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn connect(&self) -> Result<(Up, Address), String> {
        let address = self.resolve.primary(&self.connector).await?;
        // What an earlier connection left behind says nothing of this one.
        let broken = Arc::new(Notify::new());
        let named = |error: redis::RedisError| format!("{}:{}: {error}", address.0, address.1);
        // Its own bounds are for the parts; this is for the whole.
        let made = timeout(super::connect::CONNECT * 2, self.connector.data(&address, broken.clone())).await;
        let mut connection = made
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
            .map_err(named)?;
        if self.mode != "cluster" && !facts::is_primary(&mut connection).await.map_err(named)? {
            return Err(format!("{}:{} is a replica", address.0, address.1));
        }
        let server = facts::server(&mut connection, self.mode).await.map_err(named)?;
        let forward = self.broken.clone();
        tokio::spawn(async move {
            broken.notified().await;
            forward.notify_one();
        });
        Ok((Up { connection, server: Arc::new(server) }, address))
    }

    /// Returns when the connection is of no more use, and why.
    async fn watch(&self, connection: &mut MultiplexedConnection, address: &Address) -> String {
        let mut watches = 0;
        loop {
            if timeout(WATCH, self.broken.notified()).await.is_ok() {
                // A call may have said so of the connection before this one: ask it.
                match facts::ask(connection, &redis::cmd("PING")).await {
                    Ok(_) if self.mode == "cluster" => {}
                    Ok(_) => {
                        if let Some(why) = self.not_primary(connection).await {
                            return why;
                        }
                    }
                    Err(error) => return format!("the connection was lost: {error}"),
                }
                continue;
            }
            if self.mode == "cluster" {
                if let Err(error) = facts::ask(connection, &redis::cmd("PING")).await {
                    return error.to_string();
                }
            } else if let Some(why) = self.not_primary(connection).await {
                return why;
            }
            watches += 1;
            if watches % WATCHES_A_RESOLVE == 0
                && matches!(self.resolve, Resolve::Sentinels { .. })
                && let Ok(primary) = self.resolve.primary(&self.connector).await
                && primary != *address
            {
                return format!("the primary is {}:{} now", primary.0, primary.1);
            }
        }
    }

    async fn not_primary(&self, connection: &mut MultiplexedConnection) -> Option<String> {
        match facts::is_primary(connection).await {
            Ok(true) => None,
            Ok(false) => Some("the server has become a replica".to_owned()),
            Err(error) => Some(error.to_string()),
        }
    }

    fn is_up(&mut self, up: &Up, address: &Address) {
        metrics::counter!("redis_connections_total").increment(1);
        metrics::gauge!(CONNECTED).increment(1.0);
        if self.established > 0 {
            metrics::counter!("redis_reconnects_total").increment(1);
        }
        self.established += 1;
        let server = format!("{}:{}", address.0, address.1);
        let ServerInfo { product, version, mode } = &*up.server;
        tracing::info!(server, product, version, mode, "connected to Redis");
        let mut connection = up.connection.clone();
        tokio::spawn(async move { facts::warn_of_loss(&mut connection, &server).await });
    }

    fn is_down(&self, why: String) {
        let mut lost = None;
        self.state.send_modify(|state| {
            if matches!(state, State::Up(_)) {
                lost = Some(why.clone());
            }
            let since = match state {
                State::Down { since, .. } => *since,
                State::Up(_) => Instant::now(),
            };
            *state = State::Down { since, why: why.into() };
        });
        if let Some(why) = lost {
            metrics::gauge!(CONNECTED).decrement(1.0);
            tracing::warn!(why, "Redis is lost; trying again until it is back");
        }
    }
}

/// A pause of any length up to this one, so that many who wait do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 1_000;
    pause.mul_f64(f64::from(u32::try_from(random).unwrap_or(500)) / 1_000.0)
}
