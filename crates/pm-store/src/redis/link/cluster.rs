//! A cluster: a node for each primary, found by slot.
//!
//! The client of the `redis` crate sends a call again when its connection broke, whether or not the call was done: not
//! what a write may suffer. Here a call is sent again only where the server said that it did nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pm_core::Error;
use pm_core::ports::ServerInfo;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::{Address, Connector};
use super::facts::{self, ask};
use super::node::{Node, Up, WAIT};
use super::resolve::Resolve;
use super::slots::Slots;

/// How often the map is read while nothing is wrong, and at least how far apart where something is.
const REFRESH: Duration = Duration::from_secs(1);
const REFRESH_AGAIN: Duration = Duration::from_millis(50);
/// How long the cluster may take to say that all is well.
const PATIENCE: Duration = Duration::from_millis(600);

/// The nodes of a cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    shared: Arc<Shared>,
    task: tokio::task::AbortHandle,
}

#[derive(Debug)]
struct Shared {
    connector: Connector,
    seeds: Vec<Address>,
    slots: watch::Sender<Arc<Slots>>,
    began: Instant,
    nodes: Mutex<HashMap<Address, Arc<Node>>>,
    stale: Notify,
}

impl Cluster {
    /// Reads the map from any of the seeds, and keeps it up to date.
    pub(super) fn start(connector: Connector, seeds: Vec<Address>) -> Self {
        let shared = Arc::new(Shared {
            connector,
            seeds,
            slots: watch::Sender::default(),
            began: Instant::now(),
            nodes: Mutex::default(),
            stale: Notify::new(),
        });
        let task = tokio::spawn(shared.clone().keep()).abort_handle();
        Self { shared, task }
    }

    /// The node that has a slot.
    pub(super) async fn owner(&self, slot: u16, deadline: Instant) -> Result<(Arc<Node>, Up), Error> {
        let mut owner = self.shared.slots().owner(slot).cloned();
        if owner.is_none() {
            self.is_stale();
            // A cluster that has not been found for long is not waited for.
            let patience = if self.shared.began.elapsed() < WAIT || self.server().is_some() {
                WAIT
            } else {
                Duration::ZERO
            };
            let deadline = deadline.min(Instant::now() + patience);
            let mut slots = self.shared.slots.subscribe();
            let known = timeout_at(deadline, slots.wait_for(|slots| slots.owner(slot).is_some())).await;
            owner = known.ok().and_then(|slots| slots.ok()?.owner(slot).cloned());
        }
        let Some(owner) = owner else {
            return Err(Error::unavailable("no node of the cluster is known to have the slot"));
        };
        self.at(&owner, deadline).await.inspect_err(|_| self.is_stale())
    }

    /// The node at an address.
    pub(super) async fn at(&self, address: &Address, deadline: Instant) -> Result<(Arc<Node>, Up), Error> {
        let node = self.shared.node(address);
        let up = node.up(deadline).await?;
        Ok((node, up))
    }

    /// Says that the map is not what it should be.
    pub(super) fn is_stale(&self) {
        self.shared.stale.notify_one();
    }

    /// Whether every slot is served.
    pub(super) async fn well(&self) -> Result<(), Error> {
        let slots = self.shared.slots();
        if !slots.complete() {
            self.is_stale();
            return Err(Error::unavailable("some slots of the cluster have no node"));
        }
        let mut asked = tokio::task::JoinSet::new();
        for owner in slots.owners() {
            let (node, owner) = (self.shared.node(owner), owner.clone());
            asked.spawn(async move {
                let mut up = node.up(Instant::now() + PATIENCE).await?;
                let mut command = redis::cmd("CLUSTER");
                let info = ask(&mut up.connection, command.arg("INFO")).await;
                let info =
                    info.map_err(|error| Error::unavailable(format!("{}:{}: {error}", owner.0, owner.1)))?;
                let ok = facts::text(&info).is_some_and(|info| info.contains("cluster_state:ok"));
                if ok { Ok(()) } else { Err(Error::unavailable("the cluster says that it is down")) }
            });
        }
        let all = async {
            while let Some(answer) = asked.join_next().await {
                answer.map_err(Error::internal)??;
            }
            Ok(())
        };
        let well = timeout(PATIENCE, all).await.unwrap_or_else(|late| Err(Error::unavailable(late)));
        well.inspect_err(|_| self.is_stale())
    }

    /// Waits until every slot is served.
    pub(super) async fn ready(&self, within: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + within;
        loop {
            match self.well().await {
                Err(_) if Instant::now() < deadline => tokio::time::sleep(REFRESH_AGAIN).await,
                outcome => return outcome,
            }
        }
    }

    /// What the nodes are, if one is there.
    pub(super) fn server(&self) -> Option<Arc<ServerInfo>> {
        let slots = self.shared.slots();
        slots.owners().into_iter().find_map(|owner| self.shared.node(owner).server())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn slots(&self) -> Arc<Slots> {
        self.slots.borrow().clone()
    }

    fn node(&self, address: &Address) -> Arc<Node> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Node::start(self.connector.clone(), Resolve::Fixed(address.clone()), "cluster");
        nodes.entry(address.clone()).or_insert_with(|| Arc::new(start())).clone()
    }

    async fn keep(self: Arc<Self>) {
        loop {
            let found = self.refresh().await;
            let pause = if found { REFRESH } else { REFRESH_AGAIN };
            let _ = timeout(pause, self.stale.notified()).await;
            // Many calls may say so at once.
            tokio::time::sleep(REFRESH_AGAIN).await;
        }
    }

    /// Reads the map from a node that answers: those known first, then the seeds.
    async fn refresh(&self) -> bool {
        let known = self.slots();
        let mut candidates: Vec<Address> = known.owners().into_iter().cloned().collect();
        // Those that are up can answer at once.
        candidates.sort_by_key(|address| self.node(address).server().is_none());
        candidates.extend(self.seeds.iter().cloned());
        for address in candidates {
            let node = self.node(&address);
            let Ok(mut up) = node.up(Instant::now() + facts::PATIENCE).await else { continue };
            let mut command = redis::cmd("CLUSTER");
            let Ok(answer) = ask(&mut up.connection, command.arg("SLOTS")).await else { continue };
            let Some(slots) = Slots::read(&answer, &address) else { continue };
            if slots.owners().is_empty() {
                continue;
            }
            let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            nodes.retain(|address, _| slots.owners().contains(&address) || self.seeds.contains(address));
            drop(nodes);
            self.slots.send_replace(Arc::new(slots));
            return true;
        }
        false
    }
}

/// Where a redirection points to. An empty host means the node that was asked.
pub(super) fn redirected(error: &redis::RedisError, asked: &str) -> Option<Address> {
    let (address, _) = error.redirect_node()?;
    let (host, port) = address.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((if host.is_empty() { asked } else { host }.to_owned(), port.parse().ok()?))
}
