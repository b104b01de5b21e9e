//! Sweeping: the rest of what has expired. Redis takes the bodies away by itself.

use std::sync::PoisonError;

use pm_core::ports::Swept;
use pm_core::{Error, Result};

use super::{RedisStore, number};

/// How many projects one sweep looks at.
const PROJECTS: usize = 100;

impl RedisStore {
    /// See `Store::sweep`. It goes on where the last one ended.
    pub(super) async fn sweep_some(&self, limit: usize) -> Result<Swept> {
        let records = self.inner.sweep_vault(limit).await?;
        let after = self.swept_to.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let inner = &self.inner;
        let (projects, next) = inner.some_projects(after, PROJECTS).await?;
        let mut swept = Swept { records, ..Swept::default() };
        for project in projects {
            let left = limit - swept.items;
            if left == 0 {
                // This project and those after it come next time.
                return Ok(swept);
            }
            let call = inner.keys.on_memory(project);
            match inner.write(&inner.scripts.purge, call, vec![number(left)]).await {
                Ok(said) => swept.items += usize::try_from(said.ok()?.number()?).unwrap_or(left),
                Err(Error::ProjectNotFound) => {}
                Err(error) => return Err(error),
            }
        }
        *self.swept_to.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(swept)
    }
}
