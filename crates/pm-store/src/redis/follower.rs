//! Following a project's memory: one round trip where nothing happened.

use std::sync::Arc;

use async_trait::async_trait;
use pm_core::Result;
use pm_core::model::ProjectId;
use pm_core::ports::{Changes, Follower};

use super::Inner;
use super::changes::{Position, Read};

/// How many calls one reading may take: the log has 4,096 entries, and a call reads at least one.
const CALLS: usize = 5_000;

/// A place in the log of a project's changes.
pub(super) struct LogFollower {
    inner: Arc<Inner>,
    project: ProjectId,
    /// `None`: lost.
    position: Option<Position>,
}

impl LogFollower {
    /// Follows from where the log ends now.
    pub(super) async fn new(inner: Arc<Inner>, project: ProjectId) -> Result<Self> {
        let (entries, last) = inner.log_end(project).await?;
        Ok(Self { inner, project, position: Some(Position { entries, last }) })
    }
}

#[async_trait]
impl Follower for LogFollower {
    async fn changes(&mut self) -> Result<Changes> {
        let (entries, last) = self.inner.log_end(self.project).await?;
        let Some(mut position) = self.position.clone() else { return Ok(Changes::Lost) };
        let mut all = Vec::new();
        if (Position { entries, last }) == position {
            return Ok(Changes::Since(all));
        }
        // What is written meanwhile need not be waited for.
        for _ in 0..CALLS {
            match self.inner.changes(self.project, &position).await? {
                Read::Changes(changes, reached, complete) => {
                    all.extend(changes);
                    position = reached;
                    if complete || position.entries >= entries {
                        break;
                    }
                }
                Read::Lost => {
                    self.position = None;
                    return Ok(Changes::Lost);
                }
            }
        }
        // A caller that gives up half-way has not moved on.
        self.position = Some(position);
        Ok(Changes::Since(all))
    }
}
