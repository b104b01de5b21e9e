//! Storing, reading and deleting items.

use std::sync::Arc;

use pm_core::model::{Key, Match, MemoryItem, MemoryType, Precondition, ProjectId, Version, Versioned};
use pm_core::ports::{LimitPolicy, PutItems, PutOutcome, Written};
use pm_core::{Error, Result};

use super::reply::Reply;
use super::together::Put;
use super::{ANSWER_BYTES, ENTRIES_AT_ONCE, Inner, number, once, record};

/// How many bodies are deleted in one step after all items were.
const DISCARDED_AT_ONCE: u32 = 500;
/// The most names that are asked for in one call.
const NAMES_AT_ONCE: usize = 1_000;

/// A condition as scripts read it.
pub(super) fn condition(condition: &Precondition) -> [Vec<u8>; 2] {
    let side = |wanted: &Option<Match>| match wanted {
        None => Vec::new(),
        Some(Match::Any) => b"*".to_vec(),
        Some(Match::Versions(versions)) => {
            let mut list = ",".to_owned();
            for version in versions {
                list.push_str(&version.0.to_string());
                list.push(',');
            }
            list.into_bytes()
        }
    };
    [side(&condition.if_match), side(&condition.if_none_match)]
}

impl Inner {
    /// See `Store::put_items`.
    pub(super) async fn put_items(
        self: &Arc<Self>,
        project: ProjectId,
        put: &PutItems,
    ) -> Result<Written<PutOutcome>> {
        match (self.put_plain(project, put).await?, put.limit) {
            (Some(Put::Stored(created, version)), _) => {
                let outcome = PutOutcome { entries: vec![(created, version)], evicted: Vec::new() };
                return Ok(Written { outcome, replay_of: None });
            }
            (Some(Put::Full), Some(limit)) => return Err(Error::MemoryLimitReached { limit: limit.max }),
            _ => {}
        }
        let mut args = Vec::with_capacity(8 + put.items.len() * 4);
        let policy = put.limit.map(|limit| limit.policy).unwrap_or_default();
        args.push(put.limit.map(|limit| number(limit.max)).unwrap_or_default());
        args.push(if policy == LimitPolicy::Reject { b"reject".to_vec() } else { b"evict".to_vec() });
        args.extend(once::arguments(put.once.as_ref()));
        args.extend(condition(&put.condition));
        for item in &put.items {
            let [head, expiry, body] = record::item(item)?;
            args.extend([record::name(item.r#type, &item.key), head, expiry, body]);
        }
        let said = self
            .once(put.once.as_ref(), project, async |_| {
                let said = self.write(&self.scripts.put_items, self.keys.on_memory(project), args).await?;
                match (said.word.as_str(), put.limit) {
                    ("full", Some(limit)) => Err(Error::MemoryLimitReached { limit: limit.max }),
                    _ => Ok(said),
                }
            })
            .await?;
        once::written(said, outcome)
    }

    /// See `Store::items`.
    pub(super) async fn items(
        &self,
        project: ProjectId,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Versioned<MemoryItem>>>> {
        let mut items = Vec::with_capacity(names.len());
        loop {
            // Each answer has at least one of those asked for; no names at all ask whether the store is there.
            let rest = names.get(items.len()..).unwrap_or_default();
            let rest = rest.get(..NAMES_AT_ONCE).unwrap_or(rest);
            let asked: Vec<_> = rest.iter().map(|(r#type, key)| record::name(*r#type, key)).collect();
            let args = [number(ANSWER_BYTES)].into_iter().chain(asked.iter().cloned()).collect();
            let said = self.read(&self.scripts.items, self.keys.on_memory(project), args).await?;
            let records = said.ok()?.array()?.all()?;
            if records.is_empty() && !asked.is_empty() {
                return Err(Error::internal("Redis answered no item where it was asked for some"));
            }
            for (name, record) in asked.iter().zip(records) {
                let there = !record.is_empty();
                items.push(there.then(|| record::read_item(project, name, &record)).transpose()?);
            }
            if items.len() >= names.len() {
                return Ok(items);
            }
        }
    }

    /// See `Store::delete_items`.
    pub(super) async fn delete_items(
        &self,
        project: ProjectId,
        types: &[MemoryType],
        key: &Key,
        wanted: &Precondition,
    ) -> Result<Vec<MemoryType>> {
        let ranks: Vec<u8> = types.iter().map(|r#type| record::rank(*r#type)).collect();
        let [if_match, if_none_match] = condition(wanted);
        let args = vec![key.as_str().as_bytes().to_vec(), ranks, if_match, if_none_match];
        let said = self.write(&self.scripts.delete_items, self.keys.on_memory(project), args).await?;
        let gone = said.ok()?.bytes()?;
        Ok(types.iter().copied().filter(|r#type| gone.contains(&record::rank(*r#type))).collect())
    }

    /// See `Store::clear_items`.
    pub(super) async fn clear_items(&self, project: ProjectId) -> Result<u64> {
        let call = self.keys.on_all_memory(project);
        let said = self.write(&self.scripts.clear_items, call, Vec::new()).await?;
        let count = said.ok()?.number()?;
        self.discard(project).await?;
        Ok(count)
    }

    /// Deletes the bodies that were put aside when all items were deleted, step by step.
    pub(super) async fn discard(&self, project: ProjectId) -> Result<()> {
        loop {
            let call = self.keys.on_all_memory(project);
            let said = self.write(&self.scripts.discard, call, vec![number(DISCARDED_AT_ONCE)]).await?;
            if said.ok()?.number()? < u64::from(DISCARDED_AT_ONCE) {
                return Ok(());
            }
        }
    }

    /// See `Store::count_items`.
    pub(super) async fn count_items(&self, project: ProjectId) -> Result<[u64; 4]> {
        let said = self.read(&self.scripts.count_items, self.keys.on_memory(project), Vec::new()).await?;
        let mut counts = said.ok()?.array()?;
        Ok([counts.number()?, counts.number()?, counts.number()?, counts.number()?])
    }

    /// See `Store::scan_items`.
    pub(super) async fn scan_items(
        &self,
        project: ProjectId,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<MemoryItem>> {
        let mut from =
            after.map_or_else(|| b"-".to_vec(), |(r#type, key)| beyond(&record::name(*r#type, key)));
        let mut items = Vec::new();
        loop {
            let left = limit.saturating_sub(items.len()).min(ENTRIES_AT_ONCE);
            let args = vec![from, number(left), number(ANSWER_BYTES)];
            let said = self.read(&self.scripts.scan_items, self.keys.on_memory(project), args).await?;
            let mut rest = said.ok()?;
            for (name, record) in rest.array()?.pairs()? {
                items.push(record::read_item(project, &name, &record)?.value);
            }
            let last = rest.bytes()?;
            if last.is_empty() || items.len() >= limit {
                return Ok(items);
            }
            from = beyond(&last);
        }
    }
}

/// The start of a range that begins right after a member.
pub(super) fn beyond(member: &[u8]) -> Vec<u8> {
    [b"(", member].concat()
}

fn outcome(rest: &mut Reply) -> Result<PutOutcome> {
    let mut answer = rest.array()?;
    let first = answer.number()?;
    let created = answer.bytes()?;
    let evicted = answer.array()?.all()?;
    let entries = created.iter().zip(first..).map(|(created, version)| (*created == b'1', Version(version)));
    let evicted = evicted.iter().map(|name| record::read_name(name)).collect::<Result<_>>()?;
    Ok(PutOutcome { entries: entries.collect(), evicted })
}
