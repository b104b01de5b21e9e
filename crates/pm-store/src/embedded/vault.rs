//! The vault, in the file of the store.

/// The port over anything that has `read` and `write_vault`, which run statements on the tables of the vault: the store
/// itself, and a connection beside it.
macro_rules! vault {
    ($over:ty) => {
        #[async_trait::async_trait]
        impl pm_core::ports::Vault for $over {
            async fn record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>> {
                let id = id.to_owned();
                self.read("record", move |connection, now| vault::find(connection, now, shelf, &id)).await
            }

            async fn records_within(
                &self,
                shelf: Shelf,
                range: IdRange<'_>,
                order: Order,
                limit: usize,
            ) -> Result<Vec<Record>> {
                let (after, before) = (range.after.map(str::to_owned), range.before.map(str::to_owned));
                self.read("records", move |connection, now| {
                    let range = IdRange { after: after.as_deref(), before: before.as_deref() };
                    vault::list(connection, now, (shelf, range), order, limit)
                })
                .await
            }

            async fn count_records(&self, shelf: Shelf, range: IdRange<'_>) -> Result<u64> {
                let (after, before) = (range.after.map(str::to_owned), range.before.map(str::to_owned));
                self.read("count_records", move |connection, now| {
                    let range = IdRange { after: after.as_deref(), before: before.as_deref() };
                    vault::count_within(connection, now, shelf, range)
                })
                .await
            }

            async fn put_record(
                &self,
                shelf: Shelf,
                id: &str,
                content: &Content,
                expected: Expected,
            ) -> Result<Option<u64>> {
                let (id, content) = (id.to_owned(), content.clone());
                self.write_vault("put_record", move |connection, now| {
                    vault::put(connection, now, (shelf, &id), &content, expected)
                })
                .await
            }

            async fn remove_record(&self, shelf: Shelf, id: &str) -> Result<bool> {
                let id = id.to_owned();
                self.write_vault("remove_record", move |connection, now| {
                    vault::remove(connection, now, shelf, &id)
                })
                .await
            }

            async fn revision(&self) -> Result<u64> {
                self.read("revision", |connection, _| vault::revision(connection)).await
            }
        }
    };
}

use pm_core::Result;
use pm_core::ports::{Content, Expected, IdRange, Order, Record, Shelf};

use super::sql::vault;
use super::{Beside, EmbeddedStore};

vault!(EmbeddedStore);
vault!(Beside);
