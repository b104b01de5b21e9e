//! What a check found: how much of what, and what of it is bad.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use indicatif::ProgressBar;
use pm_core::model::{MemoryType, Role};
use serde_json::Value;

use super::apply::name_of;
use super::formats::{Entries, Entry};
use super::note;
use super::record::Record;
use crate::cli::{self, Failure};

/// Bad records that are named one by one; of more, only how many there are.
const SHOWN: usize = 20;
/// Records that a dry run shows of each kind, and the most characters of what they hold.
const EXAMPLES: usize = 3;
const EXAMPLE_CHARS: usize = 72;

/// What is in a source.
#[derive(Default)]
pub(super) struct Tally {
    /// The project, where the source says anything of it.
    pub project: Option<Value>,
    /// How many records are bad.
    pub bad: usize,
    /// Items and messages, by type and by role.
    items: BTreeMap<&'static str, usize>,
    messages: BTreeMap<&'static str, usize>,
    /// Why what is neither stored nor bad is left out.
    left_out: BTreeMap<&'static str, usize>,
    /// How many items take the place of an earlier one.
    replacing: usize,
    /// A hash of the name of each item: eight bytes an item, whatever its size.
    names: HashSet<u64>,
    hasher: RandomState,
    examples: Vec<String>,
}

impl Tally {
    /// Reads all entries and names the bad ones.
    pub(super) fn of(entries: Entries, bar: &ProgressBar) -> Result<Self, Failure> {
        let mut tally = Self::default();
        for entry in entries {
            let Entry { place, read, .. } = entry?;
            if let Err(fault) = read.and_then(|record| tally.add(record)) {
                tally.bad += 1;
                if tally.bad <= SHOWN {
                    bar.suspend(|| note(format_args!("{place}: {fault}")));
                }
            }
        }
        bar.finish_and_clear();
        Ok(tally)
    }

    fn add(&mut self, record: Record) -> Result<(), String> {
        match record {
            Record::Project(_) if self.project.is_some() => {
                return Err("is a second project: a file holds one".to_owned());
            }
            Record::Project(project) => self.project = Some(project),
            Record::Item(item) => {
                let (r#type, key) = name_of(&item);
                if !self.names.insert(self.hasher.hash_one((&r#type, &key))) {
                    self.replacing += 1;
                }
                let text = item.get("value").map(ToString::to_string).unwrap_or_default();
                count(&mut self.items, &MemoryType::NAMES, &r#type);
                self.example("item", || format!("{type} {}: {}", shown(&key), shown(&text)));
            }
            Record::Message(message) => {
                let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
                count(&mut self.messages, &Role::NAMES, text("role"));
                self.example("message", || {
                    format!("{} {}: {}", text("role"), text("timestamp"), shown(text("content")))
                });
            }
            Record::LeftOut(why) => *self.left_out.entry(why).or_default() += 1,
        }
        Ok(())
    }

    fn example(&mut self, kind: &str, text: impl FnOnce() -> String) {
        if self.examples.iter().filter(|example| example.starts_with(kind)).count() < EXAMPLES {
            self.examples.push(format!("{kind} {}", text()));
        }
    }

    /// Whether nothing would come of it.
    pub(super) fn is_empty(&self) -> bool {
        self.project.is_none() && self.items.is_empty() && self.messages.is_empty()
    }

    /// How many items there are afterwards.
    pub(super) fn different_items(&self) -> usize {
        self.names.len()
    }

    /// How many items and messages there are.
    pub(super) fn totals(&self) -> String {
        let total = |counts: &BTreeMap<&'static str, usize>| counts.values().sum::<usize>();
        format!("items {}, messages {}", total(&self.items), total(&self.messages))
    }

    /// What of the source is not there afterwards, though it is not bad; one line each.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.replacing > 0 {
            let n = self.replacing;
            remarks.push(format!("items that replace an earlier one of the same type and key: {n}"));
        }
        remarks.extend(self.left_out.iter().map(|(why, n)| format!("left out, {why}: {n}")));
        remarks
    }

    /// Says what would be stored.
    pub(super) fn report(&self) -> Result<(), Failure> {
        for (kind, counts) in [("items", &self.items), ("messages", &self.messages)] {
            let total: usize = counts.values().sum();
            let by: Vec<String> = counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
            let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
            cli::say(format!("{kind}: {total}{by}"))?;
        }
        self.remarks().into_iter().try_for_each(cli::say)?;
        cli::say(format!("bad: {}", self.bad))?;
        self.examples.iter().try_for_each(|example| cli::say(format!("  {example}")))
    }
}

fn count<T>(counts: &mut BTreeMap<&'static str, usize>, names: &[(&'static str, T)], name: &str) {
    if let Some((name, _)) = names.iter().find(|(known, _)| *known == name) {
        *counts.entry(name).or_default() += 1;
    }
}

/// The beginning of a text, in one line.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(EXAMPLE_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().nth(EXAMPLE_CHARS).is_some() {
        shown.push_str("...");
    }
    shown
}
