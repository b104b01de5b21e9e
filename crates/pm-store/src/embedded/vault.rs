//! The vault, in the file of the store.

use async_trait::async_trait;
use pm_core::Result;
use pm_core::ports::{Content, Expected, Record, Shelf, Vault};

use super::EmbeddedStore;
use super::sql::vault;

#[async_trait]
impl Vault for EmbeddedStore {
    async fn record(&self, shelf: Shelf, id: &str) -> Result<Option<Record>> {
        let id = id.to_owned();
        self.read("record", move |connection, now| vault::find(connection, now, shelf, &id)).await
    }

    async fn records(&self, shelf: Shelf, after: Option<&str>, limit: usize) -> Result<Vec<Record>> {
        let after = after.map(str::to_owned);
        self.read("records", move |connection, now| {
            vault::list(connection, now, shelf, after.as_deref(), limit)
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
        self.write("put_record", move |write| {
            vault::put(write.connection, write.now, (shelf, &id), &content, expected)
        })
        .await
    }

    async fn remove_record(&self, shelf: Shelf, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write("remove_record", move |write| vault::remove(write.connection, write.now, shelf, &id)).await
    }

    async fn revision(&self) -> Result<u64> {
        self.read("revision", |connection, _| vault::revision(connection)).await
    }
}
