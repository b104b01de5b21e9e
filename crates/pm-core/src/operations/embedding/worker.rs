//! What works the backlog off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use super::Name;
use super::backlog::{Backlog, Taken};
use super::making::{Halt, Making, give_up};
use super::pause::Pause;
use super::waiting::Work;
use crate::model::ProjectId;

/// Takes work as long as there is some.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) making: Arc<Making>,
    pub(super) backlog: Arc<Backlog>,
    /// Whether the last thing that was tried failed: told once, for all workers.
    pub(super) failing: Arc<AtomicBool>,
}

impl Worker {
    /// Never ends.
    pub(super) async fn run(self) {
        let mut pause = Pause::default();
        loop {
            let taken = self.backlog.take(self.making.most()).await;
            match self.turn(taken).await {
                Ok(()) => {
                    pause.reset();
                    if self.failing.swap(false, Ordering::Relaxed) {
                        tracing::info!("items are embedded again");
                    }
                }
                Err(why) => {
                    if !self.failing.swap(true, Ordering::Relaxed) {
                        tracing::warn!(why, "items are not embedded; tried again until they are");
                    }
                    pause.wait().await;
                }
            }
        }
    }

    /// Works at what was taken. What is not done goes back.
    async fn turn(&self, taken: Taken) -> Result<(), String> {
        let project = taken.project();
        let outcome = match taken.work() {
            Some(Work::Names(names)) => self.make(project, names).await.map(|()| None),
            Some(Work::Page(after)) => self.page(project, after.as_ref()).await,
            None => Ok(None),
        };
        match outcome {
            Ok(page) => taken.walked(page),
            Err(Halt::Gone) => {
                taken.done();
                self.backlog.forget(project);
            }
            Err(Halt::Away(why)) => return Err(why),
        }
        Ok(())
    }

    /// A page of what the store says has no vector; its last name and how many there were, where more may follow.
    async fn page(&self, project: ProjectId, after: Option<&Name>) -> Result<Option<(Name, usize)>, Halt> {
        let names = self.making.page(project, after).await?;
        let last = names.last().filter(|_| names.len() >= self.making.most()).cloned();
        let page = last.map(|last| (last, names.len()));
        self.make(project, &self.backlog.unknown(project, names)).await?;
        Ok(page)
    }

    /// Makes vectors; where that panics, one by one, so that the one item that is to blame is found.
    async fn make(&self, project: ProjectId, names: &[Name]) -> Result<(), Halt> {
        if names.is_empty() {
            return Ok(());
        }
        if let Some(outcome) = self.guarded(project, names).await {
            return outcome;
        }
        for name in names {
            // It is known already what comes of a single one.
            let alone = match names.len() {
                1 => None,
                _ => self.guarded(project, std::slice::from_ref(name)).await,
            };
            match alone {
                Some(outcome) => outcome?,
                None => give_up(project, name),
            }
        }
        Ok(())
    }

    /// `None`: it panicked.
    async fn guarded(&self, project: ProjectId, names: &[Name]) -> Option<Result<(), Halt>> {
        let (making, names) = (self.making.clone(), names.to_vec());
        // A set, because what is in it ends when it is dropped.
        let mut task = JoinSet::new();
        task.spawn(async move { making.make(project, &names).await });
        task.join_next().await?.ok()
    }
}
