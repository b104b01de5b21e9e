//! A write on its way through the writer: type-erased work, and the caller who waits for its outcome.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use pm_core::Error;
use pm_core::model::ProjectId;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Fault, Result};
use super::sql::Unsaved;
use crate::followers::Notice;

/// What a write works with: the open transaction, the time, and the list of what followers are told of it.
pub(super) struct Write<'a> {
    pub(super) connection: &'a Connection,
    /// Microseconds since 1970.
    pub(super) now: i64,
    pub(super) notices: &'a mut Vec<(ProjectId, Notice)>,
    /// Set where a project itself was written.
    pub(super) projects_changed: &'a mut bool,
    /// What plain jobs before this one left to be saved; nothing, for others.
    pub(super) unsaved: &'a mut Unsaved,
    /// Who can undo what a plain job has written when it fails halfway.
    pub(super) guard: &'a mut Guard,
}

impl Write<'_> {
    /// Says that more than one statement is going to write: they stay together, or none of them.
    pub(super) fn begin_several(&mut self) -> Result<()> {
        if *self.guard == Guard::Absent {
            self.connection.prepare_cached("SAVEPOINT job")?.execute([])?;
            *self.guard = Guard::Savepoint;
        }
        Ok(())
    }
}

/// What undoes what a job wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Guard {
    /// The end of the transaction, which it has for itself.
    Transaction,
    /// A savepoint.
    Savepoint,
    /// Nothing: a statement that fails undoes itself.
    Absent,
}

/// How a job shares its transaction with others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Not at all: it is so large that it gets one of its own.
    Alone,
    /// It may refuse when it has written already: a savepoint undoes that, for which `SQLite` copies each page that the job
    /// changes.
    Undoable,
    /// It refuses before it writes, or not at all, and most often writes by one statement: it asks for a savepoint itself where
    /// it writes by several. Should it fail halfway without one, all that share the transaction fail with it.
    Plain,
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
    /// How it shares its transaction with others.
    fn manner(&self) -> Manner;

    /// Does the work inside the open transaction.
    fn run(&mut self, write: &mut Write<'_>) -> Verdict;

    /// Tells the caller, once the transaction has ended.
    fn answer(self: Box<Self>, committed: std::result::Result<(), &GroupFault>);
}

/// A [`Job`] around a closure.
pub(super) struct Call<F, T> {
    manner: Manner,
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
    pub(super) fn queued(manner: Manner, work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
        let (reply, outcome) = oneshot::channel();
        (Box::new(Self { manner, work: Some(work), outcome: None, reply }), outcome)
    }
}

impl<F, T> Job for Call<F, T>
where
    F: FnOnce(&mut Write<'_>) -> Result<T> + Send,
    T: Send,
{
    fn manner(&self) -> Manner {
        self.manner
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
