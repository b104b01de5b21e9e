//! Followers, at the other end of the line.

use std::mem;
use std::sync::Arc;

use async_trait::async_trait;
use pm_core::Result;
use pm_core::ports::{Change, Changes, Follower};

use super::line::Line;

/// A follower whose answers come over the line: as of when it was asked, not of when they arrive.
pub(super) struct Following {
    inner: Box<dyn Follower>,
    /// On their way, or left over from a call that was dropped meanwhile.
    taken: Vec<Change>,
    line: Arc<Line>,
}

impl Following {
    pub(super) fn new(inner: Box<dyn Follower>, line: Arc<Line>) -> Self {
        Self { inner, taken: Vec::new(), line }
    }
}

#[async_trait]
impl Follower for Following {
    async fn changes(&mut self) -> Result<Changes> {
        self.line.call("changes")?;
        let answer = match self.inner.changes().await {
            Ok(Changes::Since(changes)) => {
                self.taken.extend(changes);
                None
            }
            other => Some(other),
        };
        self.line.arrive().await?;
        answer.unwrap_or_else(|| Ok(Changes::Since(mem::take(&mut self.taken))))
    }
}
