//! The vault.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use pm_core::Result;
use pm_core::ports::{Content, Expected, IdRange, Order, Record, Shelf, Vault};

use super::MemoryStore;

/// All records, and what is counted of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Vaulted {
    /// By the name of the shelf and the id.
    records: BTreeMap<(&'static str, String), Record>,
    /// The last version that was given.
    version: u64,
    revision: u64,
}

fn expired(record: &Record, now: Timestamp) -> bool {
    record.content.expires_at.is_some_and(|at| at <= now)
}

impl Vaulted {
    fn record(&self, now: Timestamp, shelf: Shelf, id: &str) -> Option<&Record> {
        self.records.get(&(shelf.name(), id.to_owned())).filter(|record| !expired(record, now))
    }

    /// The records of a range, in ascending order.
    fn within(&self, now: Timestamp, shelf: Shelf, range: IdRange<'_>) -> Vec<&Record> {
        let on_shelf = self.records.iter().filter(|((on, _), _)| *on == shelf.name());
        let live = on_shelf.map(|(_, record)| record).filter(|record| !expired(record, now));
        live.filter(|record| range.holds(&record.id)).collect()
    }

    fn put(
        &mut self,
        now: Timestamp,
        shelf: Shelf,
        id: &str,
        content: &Content,
        expected: Expected,
    ) -> Option<u64> {
        let there = self.record(now, shelf, id).map(|record| record.version);
        let fits = match expected {
            Expected::Any => true,
            Expected::Absent => there.is_none(),
            Expected::Version(version) => there == Some(version),
        };
        if !fits {
            return None;
        }
        self.version += 1;
        let record = Record { id: id.to_owned(), content: content.clone(), version: self.version };
        let replaced = self.records.insert((shelf.name(), id.to_owned()), record);
        self.revision += u64::from(replaced.is_some() && shelf.is_watched());
        Some(self.version)
    }

    fn remove(&mut self, now: Timestamp, shelf: Shelf, id: &str) -> bool {
        let there = self.record(now, shelf, id).is_some();
        if there {
            self.records.remove(&(shelf.name(), id.to_owned()));
            self.revision += u64::from(shelf.is_watched());
        }
        there
    }

    /// Removes records that have expired, at most `limit`; how many.
    pub(super) fn sweep(&mut self, now: Timestamp, limit: usize) -> usize {
        let gone = self.records.iter().filter(|(_, record)| expired(record, now));
        let gone: Vec<_> = gone.map(|(name, _)| name.clone()).take(limit).collect();
        for name in &gone {
            self.records.remove(name);
        }
        gone.len()
    }
}

#[async_trait]
impl Vault for MemoryStore {
    async fn record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>> {
        self.read("record", |state| Ok(state.vault.record(state.now, shelf, id).cloned()))
    }

    async fn records_within(
        &self,
        shelf: Shelf,
        range: IdRange<'_>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>> {
        self.read("records", |state| {
            let mut records = state.vault.within(state.now, shelf, range);
            if order == Order::Descending {
                records.reverse();
            }
            Ok(records.into_iter().take(limit).cloned().collect())
        })
    }

    async fn count_records(&self, shelf: Shelf, range: IdRange<'_>) -> Result<u64> {
        self.read("count_records", |state| Ok(state.vault.within(state.now, shelf, range).len() as u64))
    }

    async fn put_record(
        &self,
        shelf: Shelf,
        id: &str,
        content: &Content,
        expected: Expected,
    ) -> Result<Option<u64>> {
        self.write("put_record", |state, _| Ok(state.vault.put(state.now, shelf, id, content, expected)))
    }

    async fn remove_record(&self, shelf: Shelf, id: &str) -> Result<bool> {
        self.write("remove_record", |state, _| Ok(state.vault.remove(state.now, shelf, id)))
    }

    async fn revision(&self) -> Result<u64> {
        self.read("revision", |state| Ok(state.vault.revision))
    }
}
