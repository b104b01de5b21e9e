//! A cluster: three primaries with a third of the slots each, and a replica of each.

mod assembly;
mod migration;
mod picture;
mod slots;

use std::time::Duration;

pub use migration::Migration;
pub use slots::slot_of;

use crate::sentinels::streamed;
use crate::server::user;
use crate::{Product, Server, polling, until};
use picture::Picture;

/// How many primaries there are, and as many replicas.
const PRIMARIES: usize = 3;
/// How long things may take to settle.
const PATIENCE: Duration = Duration::from_secs(30);

/// Six nodes. One that does not answer for one and a half seconds counts as dead, and its replica takes over.
pub struct Cluster {
    /// The nodes. At the start the first three are the primaries, in the order of their slots, and each of the others
    /// is the replica of the node three places before it.
    pub nodes: Vec<Server>,
}

impl Cluster {
    /// Starts the nodes and joins them. Returns when all see the same cluster, whole, and every replica is in sync.
    #[track_caller]
    pub fn start(product: Product) -> Self {
        Self::start_with(product, &[])
    }

    /// The same with lines for the configuration of every node.
    #[track_caller]
    pub fn start_with(product: Product, configs: &[(&str, &str)]) -> Self {
        let cluster = Self { nodes: assembly::nodes(product, configs) };
        assembly::join(&cluster);
        cluster
    }

    /// `redis+cluster://127.0.0.1:1,127.0.0.1:2,..` with all nodes, and with their password if they have one.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{}{}", user(self.nodes.first().and_then(Server::password)), hosts.join(","))
    }

    /// The index of the node that serves `slot`. Where none does just now, it waits for the failover.
    ///
    /// # Panics
    /// Where none does within 30 seconds.
    #[track_caller]
    pub fn master_of(&self, slot: u16) -> usize {
        let mut found = None;
        let reached = polling::holds(PATIENCE, || {
            let pictures = self.nodes.iter().enumerate().filter_map(|(index, node)| {
                let picture = Picture::of(node)?;
                let own = picture.own()?;
                (own.is_primary && own.slots.iter().any(|range| range.contains(&slot)))
                    .then_some((own.epoch, index))
            });
            // One that was replaced and does not know yet has the smaller epoch.
            found = pictures.max().map(|(_, index)| index);
            found.is_some()
        });
        match found {
            Some(index) if reached => index,
            _ => panic!("no node of the cluster serves slot {slot}"),
        }
    }

    /// Waits until the cluster is whole for all nodes that are neither killed nor frozen: they serve every slot, agree
    /// on who serves it and who replicates whom, and the replicas have all that was written before. A failover without
    /// that may lose what was written last.
    ///
    /// # Panics
    /// Where it is not within 30 seconds.
    #[track_caller]
    pub fn wait_until_whole(&self) {
        self.wait_until_agreed();
        streamed(&self.nodes);
    }

    #[track_caller]
    fn wait_until_agreed(&self) {
        until(PATIENCE, "the cluster is whole and all nodes agree on it", || self.is_agreed());
    }

    fn is_agreed(&self) -> bool {
        let answering: Vec<_> = self.nodes.iter().filter(|node| node.answers()).collect();
        let well = |node: &&Server| {
            let has = |field: &str, value: &str| node.field(&["CLUSTER", "INFO"], field) == value;
            has("cluster_state", "ok")
                && has("cluster_slots_ok", "16384")
                && (!node.is_replica() || node.follows().is_some())
        };
        if !answering.iter().all(well) {
            return false;
        }
        let pictures: Option<Vec<_>> = answering.iter().map(|node| Picture::of(node)).collect();
        let Some(pictures) = pictures else { return false };
        let ids: Option<Vec<_>> = pictures.iter().map(|picture| Some(picture.own()?.id.clone())).collect();
        let Some(ids) = ids else { return false };
        let mut seen = pictures.iter().map(|picture| picture.about(&ids));
        let first = seen.next();
        first.as_ref().is_some_and(|first| first.len() == ids.len())
            && seen.all(|other| Some(&other) == first.as_ref())
    }
}
