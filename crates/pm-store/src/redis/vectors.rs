//! The vectors of items.

use pm_core::model::{Key, MemoryType, ProjectId};
use pm_core::ports::{ItemVector, ModelTag};
use pm_core::{Error, Result};

use super::items::beyond;
use super::reply::Reply;
use super::{ANSWER_BYTES, Inner, number, record};

/// The most names that one call looks at, and the most vectors that one call brings.
const AT_ONCE: usize = 300;
/// The most bytes of vectors that one call brings, but for one vector more.
const PUT_BYTES: usize = 1024 * 1024;

impl Inner {
    /// See `Store::put_vectors`. Each step is of whole vectors.
    pub(super) async fn put_vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        vectors: &[ItemVector],
    ) -> Result<()> {
        let mut rest = vectors;
        loop {
            let (mut args, mut bytes) = (Vec::new(), 0);
            while let Some((vector, following)) = rest.split_first().filter(|_| bytes < PUT_BYTES)
                && args.len() < 2 * AT_ONCE
            {
                args.extend([record::name(vector.r#type, &vector.key), record::vector(model, vector)]);
                bytes += vector.bytes.len();
                rest = following;
            }
            // No vectors at all ask whether the project is there.
            let call = self.keys.on_memory(project);
            self.write(&self.scripts.put_vectors, call, args).await?.ok()?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// See `Store::vectors`.
    pub(super) async fn vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        names: &[(MemoryType, Key)],
    ) -> Result<Vec<Option<Vec<u8>>>> {
        let mut vectors = Vec::with_capacity(names.len());
        loop {
            // Each answer has at least one of those asked for; no names at all ask whether the store is there.
            let rest = names.get(vectors.len()..).unwrap_or_default();
            let rest = rest.get(..AT_ONCE).unwrap_or(rest);
            let asked = rest.iter().map(|(r#type, key)| record::name(*r#type, key));
            let args = [record::model_tag(model).to_vec(), number(ANSWER_BYTES)].into_iter().chain(asked);
            let call = self.keys.on_memory(project);
            let said = self.read(&self.scripts.vectors, call, args.collect()).await?;
            let mut answer = said.ok()?.array()?;
            if answer.is_empty() && !rest.is_empty() {
                return Err(Error::internal("Redis answered no vector where it was asked for some"));
            }
            while !answer.is_empty() {
                vectors.push(answer.optional()?);
            }
            if vectors.len() >= names.len() {
                return Ok(vectors);
            }
        }
    }

    /// See `Store::scan_vectors`.
    pub(super) async fn scan_vectors(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key, Vec<u8>)>> {
        self.walk(project, (model, true), after, limit, |found| {
            let (r#type, key) = record::read_name(&found.bytes()?)?;
            Ok((r#type, key, found.bytes()?))
        })
        .await
    }

    /// See `Store::scan_unembedded`.
    pub(super) async fn scan_unembedded(
        &self,
        project: ProjectId,
        model: ModelTag,
        after: Option<&(MemoryType, Key)>,
        limit: usize,
    ) -> Result<Vec<(MemoryType, Key)>> {
        self.walk(project, (model, false), after, limit, |found| record::read_name(&found.bytes()?)).await
    }

    /// Looks at items in their order, some in each step, until `limit` are found that have a vector or have none.
    async fn walk<T>(
        &self,
        project: ProjectId,
        (model, with): (ModelTag, bool),
        after: Option<&(MemoryType, Key)>,
        limit: usize,
        read: impl Fn(&mut Reply) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut from =
            after.map_or_else(|| b"-".to_vec(), |(r#type, key)| beyond(&record::name(*r#type, key)));
        let mut found = Vec::new();
        loop {
            let args = vec![
                from,
                number(AT_ONCE),
                number(limit.saturating_sub(found.len())),
                number(ANSWER_BYTES),
                record::model_tag(model).to_vec(),
                number(u8::from(with)),
            ];
            let said = self.read(&self.scripts.scan_vectors, self.keys.on_memory(project), args).await?;
            let mut rest = said.ok()?;
            let mut some = rest.array()?;
            while !some.is_empty() {
                found.push(read(&mut some)?);
            }
            let last = rest.bytes()?;
            if last.is_empty() || found.len() >= limit {
                return Ok(found);
            }
            from = beyond(&last);
        }
    }
}
