//! Moving a slot from one node to another while the cluster serves it.

use super::{Cluster, Picture};
use crate::{Reply, Server};

/// How many keys go over at once.
const BATCH: usize = 16;
/// More batches than any test has keys for.
const MOST_BATCHES: usize = 100_000;

/// A slot on its way.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    slot: u16,
    from: usize,
    to: usize,
}

impl Cluster {
    /// Moves `slot` with its keys from the node with index `from` to that with index `to`, while both serve it.
    ///
    /// # Panics
    /// Where a node refuses, or the nodes do not agree in the end.
    #[track_caller]
    pub fn migrate_slot(&self, slot: u16, from: usize, to: usize) {
        let migration = self.begin_migration(slot, from, to);
        self.finish_migration(migration);
    }

    /// The first step: from now on the old node answers `ASK` for keys that it does not have.
    ///
    /// # Panics
    /// Where a node refuses: `from` must serve the slot, and `to` must be another primary.
    #[track_caller]
    pub fn begin_migration(&self, slot: u16, from: usize, to: usize) -> Migration {
        let migration = Migration { slot, from, to };
        let (old, new) = (self.node(from), self.node(to));
        set_slot(new, slot, "IMPORTING", &id(old)).ok();
        set_slot(old, slot, "MIGRATING", &id(new)).ok();
        migration
    }

    /// Moves at most `most` keys; returns how many it moved.
    ///
    /// # Panics
    /// Where a node refuses.
    #[track_caller]
    pub fn move_keys(&self, migration: Migration, most: usize) -> usize {
        let (old, new) = (self.node(migration.from), self.node(migration.to));
        let (slot, most, port) = (migration.slot.to_string(), most.to_string(), new.port().to_string());
        let keys = old.cli(&["CLUSTER", "GETKEYSINSLOT", &slot, &most]).array().into_iter();
        let keys: Vec<_> =
            keys.filter_map(|key| if let Reply::Bulk(key) = key { key } else { None }).collect();
        if keys.is_empty() {
            return 0;
        }
        let mut words: Vec<&[u8]> =
            [b"MIGRATE".as_slice(), b"127.0.0.1", port.as_bytes(), b"", b"0", b"5000", b"REPLACE"].into();
        if let Some(password) = new.password() {
            words.extend([b"AUTH".as_slice(), password.as_bytes()]);
        }
        words.push(b"KEYS");
        words.extend(keys.iter().map(Vec::as_slice));
        // `NOKEY` where a client has removed them meanwhile.
        let answer = old.cli(&words).text();
        assert!(matches!(answer.as_str(), "OK" | "NOKEY"), "the keys did not move: {answer}");
        keys.len()
    }

    /// Moves the keys that are left and gives the slot to its new node for good. Returns when all nodes know it.
    ///
    /// # Panics
    /// Where a node refuses, or the nodes do not agree in the end.
    #[track_caller]
    pub fn finish_migration(&self, migration: Migration) {
        let Migration { slot, from, to } = migration;
        let emptied = (0..MOST_BATCHES).any(|_| self.move_keys(migration, BATCH) == 0);
        assert!(emptied, "the keys of slot {slot} have no end");
        let id = id(self.node(to));
        // The new one first: were it last, both would send clients to each other meanwhile.
        set_slot(self.node(to), slot, "NODE", &id).ok();
        set_slot(self.node(from), slot, "NODE", &id).ok();
        for (index, node) in self.nodes.iter().enumerate() {
            let is_primary =
                || Picture::of(node).is_some_and(|seen| seen.own().is_some_and(|own| own.is_primary));
            if index != from && index != to && is_primary() {
                set_slot(node, slot, "NODE", &id).ok();
            }
        }
        self.wait_until_agreed();
    }

    #[track_caller]
    fn node(&self, index: usize) -> &Server {
        self.nodes.get(index).unwrap_or_else(|| panic!("the cluster has no node {index}"))
    }
}

fn id(node: &Server) -> String {
    node.cli(&["CLUSTER", "MYID"]).text()
}

fn set_slot(node: &Server, slot: u16, state: &str, id: &str) -> Reply {
    node.cli(&["CLUSTER", "SETSLOT", &slot.to_string(), state, id])
}
