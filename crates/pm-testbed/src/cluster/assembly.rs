//! From six empty nodes to a cluster.

use super::picture::Picture;
use super::slots::SLOTS;
use super::{Cluster, PATIENCE, PRIMARIES};
use crate::sentinels::together;
use crate::server::Role;
use crate::{Product, Server, until};

/// Starts the nodes; each is a cluster by itself yet.
pub(super) fn nodes(product: Product, configs: &[(&str, &str)]) -> Vec<Server> {
    let start = || Server::builder(product).configs(configs).role(Role::Node).start();
    together((0..2 * PRIMARIES).map(|_| start))
}

/// Makes one cluster of them. `redis-cli --cluster create` does the same more slowly.
pub(super) fn join(cluster: &Cluster) {
    let nodes = &cluster.nodes;
    // Which node has which slots must be told by different epochs, which the nodes would otherwise have to settle.
    for (epoch, node) in (1..).zip(nodes) {
        node.cli(&["CLUSTER", "SET-CONFIG-EPOCH", &format!("{epoch}")]).ok();
    }
    for (share, node) in nodes.iter().take(PRIMARIES).enumerate() {
        let border = |share: usize| usize::from(SLOTS) * share / PRIMARIES;
        let (first, last) = (border(share).to_string(), (border(share + 1) - 1).to_string());
        node.cli(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]).ok();
    }
    // Everyone meets everyone: what they tell each other by themselves takes seconds to reach all.
    for (index, node) in nodes.iter().enumerate() {
        for other in nodes.iter().skip(index + 1) {
            let (port, bus) = (other.port().to_string(), other.bus().to_string());
            node.cli(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).ok();
        }
    }
    until(PATIENCE, "all nodes know each other", || {
        let knows_all = |node| Picture::of(node).is_some_and(|picture| picture.well_known() == nodes.len());
        nodes.iter().all(knows_all)
    });
    for (primary, replica) in nodes.iter().zip(nodes.iter().skip(PRIMARIES)) {
        let id = primary.cli(&["CLUSTER", "MYID"]).text();
        replica.cli(&["CLUSTER", "REPLICATE", &id]).ok();
    }
    cluster.wait_until_whole();
}
