//! The vault: all of it in one slot, so that a script counts what it writes in the same step.

use async_trait::async_trait;
use pm_core::Result;
use pm_core::ports::{Content, Expected, IdRange, Order, Record, Shelf, Vault};
use redis::Value;

use super::items::beyond;
use super::reply::Reply;
use super::{ANSWER_BYTES, ENTRIES_AT_ONCE, Inner, RedisStore, number, record};
use crate::measure::measured;

/// The most records that one call takes away.
const SWEEP: usize = 500;

impl Inner {
    async fn vault_record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>> {
        let said = self.read(&self.scripts.vault_record, self.keys.on_vault(), of(shelf, id)).await?;
        let found = said.ok()?.optional()?;
        found.map(|found| record::read_vault(id.to_owned(), &found)).transpose()
    }

    async fn vault_records(
        &self,
        shelf: Shelf,
        range: IdRange<'_>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let [after, before] = bounds(range);
        let (command, mut from, to) = match order {
            Order::Ascending => ("ZRANGEBYLEX", after, before),
            Order::Descending => ("ZREVRANGEBYLEX", before, after),
        };
        let mut records = Vec::new();
        loop {
            let left = limit.saturating_sub(records.len()).min(ENTRIES_AT_ONCE);
            let args = vec![
                shelf.name().into(),
                command.into(),
                from,
                to.clone(),
                number(left),
                number(ANSWER_BYTES),
            ];
            let said = self.read(&self.scripts.vault_records, self.keys.on_vault(), args).await?;
            let mut rest = said.ok()?;
            let mut found = rest.array()?;
            while !found.is_empty() {
                records.push(record::read_vault(found.text()?, &found.bytes()?)?);
            }
            let last = rest.bytes()?;
            if last.is_empty() || records.len() >= limit {
                return Ok(records);
            }
            from = beyond(&last);
        }
    }

    async fn count_vault_records(&self, shelf: Shelf, range: IdRange<'_>) -> Result<u64> {
        let [after, before] = bounds(range);
        let args = vec![shelf.name().into(), after, before, number(SWEEP)];
        let said = self.read(&self.scripts.vault_count, self.keys.on_vault(), args).await?;
        said.ok()?.number()
    }

    async fn put_vault_record(
        &self,
        shelf: Shelf,
        id: &str,
        content: &Content,
        expected: Expected,
    ) -> Result<Option<u64>> {
        let mut args = of(shelf, id);
        args.push(watched(shelf));
        args.push(match expected {
            Expected::Any => Vec::new(),
            Expected::Absent => b"-".to_vec(),
            Expected::Version(version) => record::version(version).to_vec(),
        });
        args.extend([record::expiry(content.expires_at).to_vec(), content.body.clone().into_bytes()]);
        let said = self.write(&self.scripts.vault_put, self.keys.on_vault(), args).await?;
        if said.word == "other" {
            return Ok(None);
        }
        said.ok()?.number().map(Some)
    }

    async fn remove_vault_record(&self, shelf: Shelf, id: &str) -> Result<bool> {
        let mut args = of(shelf, id);
        args.push(watched(shelf));
        let said = self.write(&self.scripts.vault_remove, self.keys.on_vault(), args).await?;
        Ok(said.ok()?.text()? == "1")
    }

    async fn vault_revision(&self) -> Result<u64> {
        let key = self.keys.vault();
        let mut command = redis::cmd("HGET");
        command.arg(&key).arg("r");
        match self.link.command("vault_revision", &key, command).await? {
            Value::Nil => Ok(0),
            found => Reply::of(Value::Array(vec![found]))?.number(),
        }
    }

    /// Takes expired records away, at most `limit`; how many.
    pub(super) async fn sweep_vault(&self, limit: usize) -> Result<usize> {
        let args = vec![number(limit.min(SWEEP))];
        let said = self.write(&self.scripts.vault_sweep, self.keys.on_vault(), args).await?;
        Ok(usize::try_from(said.ok()?.number()?).unwrap_or(limit))
    }
}

/// Which record is meant.
fn of(shelf: Shelf, id: &str) -> Vec<Vec<u8>> {
    vec![shelf.name().into(), id.into()]
}

/// The ends of a range, lower one first, as commands on sorted sets take them.
fn bounds(range: IdRange<'_>) -> [Vec<u8>; 2] {
    let end = |id: Option<&str>, none: &str| id.map_or_else(|| none.into(), |id| beyond(id.as_bytes()));
    [end(range.after, "-"), end(range.before, "+")]
}

/// Whether a change of what is there raises the revision.
fn watched(shelf: Shelf) -> Vec<u8> {
    number(u8::from(shelf.is_watched()))
}

#[async_trait]
impl Vault for RedisStore {
    async fn record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>> {
        measured("record", self.inner.vault_record(shelf, id)).await
    }

    async fn records_within(
        &self,
        shelf: Shelf,
        range: IdRange<'_>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>> {
        measured("records", self.inner.vault_records(shelf, range, order, limit)).await
    }

    async fn count_records(&self, shelf: Shelf, range: IdRange<'_>) -> Result<u64> {
        measured("count_records", self.inner.count_vault_records(shelf, range)).await
    }

    async fn put_record(
        &self,
        shelf: Shelf,
        id: &str,
        content: &Content,
        expected: Expected,
    ) -> Result<Option<u64>> {
        measured("put_record", self.inner.put_vault_record(shelf, id, content, expected)).await
    }

    async fn remove_record(&self, shelf: Shelf, id: &str) -> Result<bool> {
        measured("remove_record", self.inner.remove_vault_record(shelf, id)).await
    }

    async fn revision(&self) -> Result<u64> {
        measured("revision", self.inner.vault_revision()).await
    }
}
