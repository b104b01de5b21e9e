//! What one node sees of its cluster: `CLUSTER NODES`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::{Reply, Server};

/// The nodes that one node knows.
pub(super) struct Picture {
    nodes: Vec<Node>,
}

/// What is known of one of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) is_primary: bool,
    pub(super) epoch: u64,
    pub(super) slots: Vec<RangeInclusive<u16>>,
    own: bool,
    /// Whom it replicates; `-` for a primary.
    replicates: String,
    /// Dead, said to be dead, or not quite known yet.
    doubtful: bool,
}

/// What a node is there for.
#[derive(PartialEq, Eq)]
pub(super) struct Task<'a> {
    replicates: &'a str,
    slots: &'a [RangeInclusive<u16>],
}

impl Picture {
    /// What `server` sees, if it answers.
    pub(super) fn of(server: &Server) -> Option<Self> {
        let Reply::Bulk(Some(bytes)) = server.try_cli(&["CLUSTER", "NODES"]).ok()? else { return None };
        Self::read(&String::from_utf8_lossy(&bytes))
    }

    fn read(text: &str) -> Option<Self> {
        text.lines().map(node).collect::<Option<_>>().map(|nodes| Self { nodes })
    }

    /// The node that was asked.
    pub(super) fn own(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| node.own)
    }

    /// How many it knows well.
    pub(super) fn well_known(&self) -> usize {
        self.nodes.iter().filter(|node| !node.doubtful).count()
    }

    /// Who serves and replicates what among `ids`, the same for all that agree.
    pub(super) fn about(&self, ids: &[String]) -> BTreeMap<&str, Task<'_>> {
        let asked = self.nodes.iter().filter(|node| !node.doubtful && ids.contains(&node.id));
        asked
            .map(|node| (node.id.as_str(), Task { replicates: &node.replicates, slots: &node.slots }))
            .collect()
    }
}

/// `id address flags replicates ping pong epoch link slot slot-slot [slot->-id]`.
fn node(line: &str) -> Option<Node> {
    let mut words = line.split(' ');
    let id = words.next()?.to_owned();
    let flags: Vec<_> = words.nth(1)?.split(',').collect();
    let replicates = words.next()?.to_owned();
    let epoch = words.nth(2)?.parse().ok()?;
    // Slots on their way stand in brackets, and still are the old one's.
    let slots = words.skip(1).filter(|word| !word.starts_with('[')).map(range).collect::<Option<_>>()?;
    let has = |flag: &str| flags.contains(&flag);
    Some(Node {
        id,
        is_primary: has("master"),
        epoch,
        slots,
        own: has("myself"),
        replicates,
        doubtful: ["fail", "fail?", "handshake", "noaddr"].into_iter().any(has),
    })
}

fn range(word: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "a 127.0.0.1:7@8 myself,master - 0 0 3 connected 0-9 12 [93-<-b]\n\
                    b 127.0.0.1:9@6 slave,fail a 0 0 3 connected\n";
        let picture = Picture::read(text).unwrap();
        let own = picture.own().unwrap();
        assert_eq!((own.id.as_str(), own.is_primary, own.epoch), ("a", true, 3));
        assert_eq!(own.slots, [0..=9, 12..=12]);
        assert_eq!((picture.nodes[1].replicates.as_str(), picture.nodes[1].doubtful), ("a", true));
        assert_eq!(picture.well_known(), 1);
        assert!(Picture::read("nonsense").is_none());
    }
}
