//! What of one project waits to be embedded.

use std::collections::{HashSet, VecDeque};

use super::Name;

/// What of one project waits to be embedded.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// What was written here, oldest first.
    own: VecDeque<Name>,
    /// What another node wrote. It is taken from the end: the other node goes from the front, and both meet.
    foreign: Vec<Name>,
    /// All of them, each once.
    known: HashSet<Name>,
    walk: Option<Walk>,
    /// What is being worked at.
    pub(super) in_hand: HashSet<Name>,
    /// Whether it stands in the order of turns.
    pub(super) in_order: bool,
}

/// A walk through what the store says has no vector.
#[derive(Debug, Default)]
struct Walk {
    after: Option<Name>,
    /// How many items it will come by, as far as is known.
    ahead: usize,
    in_hand: bool,
    /// Something behind the present position came up meanwhile.
    again: bool,
}

/// What is to be done at a turn.
#[derive(Debug)]
pub(super) enum Work {
    /// These items.
    Names(Vec<Name>),
    /// What the store says has no vector, after this name.
    Page(Option<Name>),
}

/// Where a name came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    Here,
    Elsewhere,
}

impl Waiting {
    /// Adds a name; `false` if it waits already.
    pub(super) fn add(&mut self, name: Name, origin: Origin) -> bool {
        let new = self.known.insert(name.clone());
        match origin {
            _ if !new => {}
            Origin::Here => self.own.push_back(name),
            Origin::Elsewhere => self.foreign.push(name),
        }
        new
    }

    /// Has the project walked; `false` if that was to be done already.
    pub(super) fn walk(&mut self) -> bool {
        let new = self.walk.is_none();
        let walk = self.walk.get_or_insert_default();
        walk.again |= walk.in_hand || walk.after.is_some();
        new
    }

    /// The walk comes by one more item than was known.
    pub(super) fn one_more(&mut self) {
        if let Some(walk) = &mut self.walk {
            walk.ahead += 1;
        }
    }

    /// The walk comes by at least so many items.
    pub(super) fn at_least(&mut self, items: usize) {
        if let Some(walk) = &mut self.walk {
            walk.ahead = walk.ahead.max(items);
        }
    }

    /// How many items the walk will come by, as far as is known: one as long as there may be any.
    pub(super) fn ahead(&self) -> usize {
        self.walk.as_ref().map_or(0, |walk| walk.ahead.max(1))
    }

    /// The next thing to be done, at most `most` names.
    pub(super) fn take(&mut self, most: usize) -> Option<Work> {
        let mut names = Vec::new();
        while names.len() < most
            && let Some(name) = self.own.pop_front().or_else(|| self.foreign.pop())
        {
            self.known.remove(&name);
            self.in_hand.insert(name.clone());
            names.push(name);
        }
        if !names.is_empty() {
            return Some(Work::Names(names));
        }
        let walk = self.walk.as_mut().filter(|walk| !walk.in_hand)?;
        walk.in_hand = true;
        Some(Work::Page(walk.after.clone()))
    }

    /// A page of the walk was done, up to `last`, or given back.
    pub(super) fn walked(&mut self, step: Step) -> bool {
        let Some(walk) = &mut self.walk else { return false };
        walk.in_hand = false;
        match step {
            Step::Back => {}
            Step::To { last, items } => {
                walk.after = Some(last);
                walk.ahead = walk.ahead.saturating_sub(items);
            }
            Step::End if walk.again => *walk = Walk { ahead: walk.ahead, ..Walk::default() },
            Step::End => {
                self.walk = None;
                return true;
            }
        }
        false
    }

    /// Whether a turn would find something.
    pub(super) fn is_ready(&self) -> bool {
        !self.known.is_empty() || self.walk.as_ref().is_some_and(|walk| !walk.in_hand)
    }

    /// Whether nothing is left to be known of it.
    pub(super) fn is_idle(&self) -> bool {
        self.in_hand.is_empty() && self.known.is_empty() && self.walk.is_none()
    }

    pub(super) fn knows(&self, name: &Name) -> bool {
        self.known.contains(name)
    }

    /// How many names wait.
    pub(super) fn names(&self) -> usize {
        self.known.len()
    }

    pub(super) fn is_walked(&self) -> bool {
        self.walk.is_some()
    }
}

/// How far a page of a walk led.
#[derive(Debug)]
pub(super) enum Step {
    /// Nowhere: it is to be done again.
    Back,
    /// Past so many items, the last of this name, and more may follow.
    To { last: Name, items: usize },
    /// To the end.
    End,
}
