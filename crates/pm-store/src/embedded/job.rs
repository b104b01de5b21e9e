//! A write on its way through the writer: type-erased work, and the caller who waits for its outcome.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use pm_core::Error;
use pm_core::model::ProjectId;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Fault, Result};
use crate::followers::Notice;

/// What a write works with: the open transaction, the time, and the list of what followers are told of it.
pub(super) struct Write<'a> {
    pub(super) connection: &'a Connection,
    /// Microseconds since 1970.
    pub(super) now: i64,
    pub(super) notices: &'a mut Vec<(ProjectId, Notice)>,
    /// Set where a project itself was written.
    pub(super) projects_changed: &'a mut bool,
}

/// Whether what a job wrote stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Keep,
    Undo,
}

/// Why nothing of a group of writes was kept.
pub(super) type GroupFault = Arc<rusqlite::Error>;

/// A write that is queued.
pub(super) trait Job: Send {
    /// Whether it is so large that it gets a transaction of its own.
    fn alone(&self) -> bool;

    /// Does the work inside the open transaction.
    fn run(&mut self, write: &mut Write<'_>) -> Verdict;

    /// Tells the caller, once the transaction has ended.
    fn answer(self: Box<Self>, committed: std::result::Result<(), &GroupFault>);
}

/// A [`Job`] around a closure.
pub(super) struct Call<F, T> {
    alone: bool,
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Call<F, T>
where
    F: FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    /// The job, and where its outcome will be.
    pub(super) fn queued(alone: bool, work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
        let (reply, outcome) = oneshot::channel();
        (Box::new(Self { alone, work: Some(work), outcome: None, reply }), outcome)
    }
}

impl<F, T> Job for Call<F, T>
where
    F: FnOnce(&mut Write<'_>) -> Result<T> + Send,
    T: Send,
{
    fn alone(&self) -> bool {
        self.alone
    }

    fn run(&mut self, write: &mut Write<'_>) -> Verdict {
        // Nobody waits any more: the write need not happen.
        let Some(work) = self.work.take().filter(|_| !self.reply.is_closed()) else {
            return Verdict::Undo;
        };
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(write)))
            .unwrap_or_else(|panic| Err(Fault::internal(message(panic.as_ref()))));
        let verdict = if outcome.is_ok() { Verdict::Keep } else { Verdict::Undo };
        self.outcome = Some(outcome);
        verdict
    }

    fn answer(self: Box<Self>, committed: std::result::Result<(), &GroupFault>) {
        let outcome = match (committed, self.outcome) {
            // What was refused stays refused, whatever became of the others.
            (_, Some(Err(fault))) => Err(fault),
            (Err(fault), _) => Err(Error::unavailable(Arc::clone(fault)).into()),
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => return,
        };
        // Who does not wait any more does not mind.
        drop(self.reply.send(outcome));
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("a write panicked: {}", said.unwrap_or("with no message"))
}
