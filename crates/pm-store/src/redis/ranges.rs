//! Which part of a sorted set a page of a list is: what `scripts/merge.lua` is told.

use pm_core::ports::Order;

use super::{ENTRIES_AT_ONCE, number};

/// A list as ranges of a sorted set: one for each group that it takes in.
#[derive(Debug)]
pub(super) struct Ranges {
    pub(super) order: Order,
    /// The bytes in front of the group: a session, or none.
    pub(super) skip: Vec<u8>,
    /// How many bytes after the group come before it in the order.
    pub(super) head: usize,
    /// The groups, in order.
    pub(super) groups: Vec<u8>,
    /// What members begin with, after the group, at least.
    pub(super) lower: Option<Vec<u8>>,
    /// What they stay below.
    pub(super) upper: Option<Vec<u8>>,
}

/// A place in such a list.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) head: Vec<u8>,
    /// `None`: no two members of the list have the same head, whatever their groups.
    pub(super) group: Option<u8>,
    pub(super) tail: Vec<u8>,
}

impl Ranges {
    /// Descending, limit, skip, head, and for each group the range of the list and that of the page.
    pub(super) fn arguments(&self, after: Option<&Place>, limit: usize) -> Vec<Vec<u8>> {
        let descending = self.order == Order::Descending;
        // The head of what is ordered whole is longer than any member.
        let head = self.head.min(1_000_000);
        let mut arguments = vec![
            number(u8::from(descending)),
            number(limit.min(ENTRIES_AT_ONCE)),
            number(self.skip.len()),
            number(head),
        ];
        for &group in &self.groups {
            let (min, max) = self.whole(group);
            let (mut first, mut last) = (min.clone(), max.clone());
            if let Some(place) = after {
                if descending {
                    last = smaller_end(last, self.end(group, place));
                } else {
                    first = greater_start(first, self.start(group, place));
                }
            }
            arguments.extend([min, max, first, last]);
        }
        arguments
    }

    /// The range of a group in the whole list.
    fn whole(&self, group: u8) -> (Vec<u8>, Vec<u8>) {
        let lower = self.lower.as_deref().unwrap_or_default();
        let min = [b"[", self.skip.as_slice(), &[group], lower].concat();
        let max = match &self.upper {
            Some(upper) => [b"(", self.skip.as_slice(), &[group], upper].concat(),
            None => [b"(", self.skip.as_slice(), &[group + 1]].concat(),
        };
        (min, max)
    }

    /// Where what follows `place` begins, in this group.
    fn start(&self, group: u8, place: &Place) -> Vec<u8> {
        let base = [self.skip.as_slice(), &[group], &place.head].concat();
        match place.group.map_or(std::cmp::Ordering::Equal, |of_place| group.cmp(&of_place)) {
            std::cmp::Ordering::Equal => [b"(", base.as_slice(), &place.tail].concat(),
            std::cmp::Ordering::Greater => [b"[", base.as_slice()].concat(),
            // Nothing of the same head follows.
            std::cmp::Ordering::Less => [b"(", base.as_slice(), self.top()].concat(),
        }
    }

    /// Where what precedes `place` ends, in this group.
    fn end(&self, group: u8, place: &Place) -> Vec<u8> {
        let base = [self.skip.as_slice(), &[group], &place.head].concat();
        match place.group.map_or(std::cmp::Ordering::Equal, |of_place| group.cmp(&of_place)) {
            std::cmp::Ordering::Equal => [b"(", base.as_slice(), &place.tail].concat(),
            std::cmp::Ordering::Greater => [b"(", base.as_slice()].concat(),
            std::cmp::Ordering::Less => [b"(", base.as_slice(), self.top()].concat(),
        }
    }

    /// What is greater than any tail. Where the head is all there is, what follows it directly.
    fn top(&self) -> &'static [u8] {
        // Text is UTF-8, which has no byte 0xff.
        if self.head == usize::MAX { b"\0" } else { b"\xff" }
    }
}

/// Of two starts the one that comes later. Both bound members of the same set.
fn greater_start(a: Vec<u8>, b: Vec<u8>) -> Vec<u8> {
    let (bound_a, bound_b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
    match bound_a.cmp(bound_b) {
        std::cmp::Ordering::Greater => a,
        std::cmp::Ordering::Less => b,
        std::cmp::Ordering::Equal => {
            if a.first() == Some(&b'(') {
                a
            } else {
                b
            }
        }
    }
}

/// Of two ends, both exclusive, the one that comes earlier.
fn smaller_end(a: Vec<u8>, b: Vec<u8>) -> Vec<u8> {
    if a.get(1..) <= b.get(1..) { a } else { b }
}
