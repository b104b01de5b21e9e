//! The one thread that writes. It takes all writes that wait and commits them together, so that many callers
//! share one wait for the disk.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pm_core::Error;
use pm_core::model::ProjectId;
use pm_core::ports::Clock;
use rusqlite::{Connection, ffi};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::fault::Result;
use super::job::{Call, GroupFault, Guard, Job, Manner, Verdict, Write};
use super::open::Database;
use super::sql::Unsaved;
use crate::followers::{Followers, Notice};

/// How many writes wait before new ones wait to be queued.
const QUEUE: usize = 1024;

/// The most writes of one commit.
const GROUP: usize = 512;

/// The longest wait for writes to join a commit.
const PATIENCE: Duration = Duration::from_millis(1);

/// The way to the thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<AtomicU64>,
    projects_revision: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        database: Database,
        clock: Arc<dyn Clock>,
        followers: Arc<Followers>,
    ) -> io::Result<Self> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let (commits, projects_revision) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let Database { connection, lock, .. } = database;
        let writing = Writing {
            connection,
            queue,
            next: None,
            clock,
            followers,
            notices: Vec::new(),
            unsaved: Unsaved::default(),
            last: (0, Duration::ZERO),
            commits: Arc::clone(&commits),
            projects_changed: false,
            projects_revision: Arc::clone(&projects_revision),
        };
        let thread =
            thread::Builder::new().name("store-writer".to_owned()).spawn(move || writing.run(&lock))?;
        let (queue, thread) = (Mutex::new(Some(sender)), Mutex::new(Some(thread)));
        Ok(Self { queue, thread, commits, projects_revision })
    }

    /// Queues `work` and waits until it is committed.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        manner: Manner,
        work: impl FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or_else(closed)?;
        let (job, outcome) = Call::queued(manner, work);
        queue.send(job).await.map_err(|_| closed())?;
        drop(queue);
        outcome.await.map_err(|_| closed())?
    }

    /// How many transactions were committed.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// See `Store::projects_revision`.
    pub(super) fn projects_revision(&self) -> u64 {
        self.projects_revision.load(Ordering::Acquire)
    }

    /// Takes no more writes, and waits until those accepted are done and the database is closed.
    pub(super) async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && !matches!(spawn_blocking(move || thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("the thread that writes ended in a panic");
        }
    }
}

fn closed() -> Error {
    Error::unavailable("the store is closed")
}

/// The thread's own side.
struct Writing {
    connection: Connection,
    queue: mpsc::Receiver<Box<dyn Job>>,
    /// A job that was taken from the queue but belongs to the next group.
    next: Option<Box<dyn Job>>,
    clock: Arc<dyn Clock>,
    followers: Arc<Followers>,
    notices: Vec<(ProjectId, Notice)>,
    unsaved: Unsaved,
    /// How many jobs the last group had, and how long it took.
    last: (usize, Duration),
    commits: Arc<AtomicU64>,
    projects_changed: bool,
    projects_revision: Arc<AtomicU64>,
}

impl Writing {
    /// Ends when every sender is gone; `_lock` is let go of last.
    fn run(mut self, _lock: &File) {
        let mut group = Vec::with_capacity(GROUP);
        while self.gather(&mut group) {
            let start = Instant::now();
            let committed = self.transact(&mut group);
            self.last = (group.len(), start.elapsed());
            if let Err(fault) = &committed {
                tracing::error!(error = %fault, "a group of writes was not committed");
                self.notices.clear();
                self.unsaved.forget();
                self.roll_back();
            } else {
                self.commits.fetch_add(1, Ordering::Relaxed);
            }
            // Also where nothing came of it: a list is read anew once too often.
            if std::mem::take(&mut self.projects_changed) {
                self.projects_revision.fetch_add(1, Ordering::Release);
            }
            self.followers.publish(&mut self.notices);
            // What a large batch needed is given back.
            self.notices.shrink_to(GROUP);
            for job in group.drain(..) {
                job.answer(committed.as_ref().copied());
            }
        }
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the log was not folded into the database; the next start does it");
        }
    }

    /// Waits for a job, then takes all that wait behind it; whether there are any.
    fn gather(&mut self, group: &mut Vec<Box<dyn Job>>) -> bool {
        let Some(first) = self.next.take().or_else(|| self.queue.blocking_recv()) else { return false };
        let alone = first.manner() == Manner::Alone;
        group.push(first);
        if !alone {
            self.await_company();
        }
        while !alone && group.len() < GROUP {
            match self.queue.try_recv() {
                Ok(job) if job.manner() == Manner::Alone => {
                    self.next = Some(job);
                    break;
                }
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        true
    }

    /// Gives the callers of the last group a moment to come back: the first of them would else be committed by
    /// itself, and all others wait for the disk twice. Who writes alone never waits.
    fn await_company(&self) {
        let (jobs, took) = self.last;
        let (start, patience) = (Instant::now(), PATIENCE.min(took / 4));
        while self.queue.len() + 1 < jobs && start.elapsed() < patience {
            thread::yield_now();
        }
    }

    /// Does all jobs in one transaction.
    fn transact(&mut self, group: &mut [Box<dyn Job>]) -> std::result::Result<(), GroupFault> {
        self.execute("BEGIN IMMEDIATE")?;
        if let [job] = group {
            if self.perform(job.as_mut(), &mut Guard::Transaction) == Verdict::Keep {
                return self.commit();
            }
            self.unsaved.forget();
            // After some faults SQLite has ended the transaction itself.
            return if self.connection.is_autocommit() { Ok(()) } else { self.execute("ROLLBACK") };
        }
        for job in group {
            match job.manner() {
                Manner::Plain => self.perform_plain(job.as_mut())?,
                Manner::Undoable | Manner::Alone => self.perform_undoable(job.as_mut())?,
            }
        }
        self.commit()
    }

    fn commit(&mut self) -> std::result::Result<(), GroupFault> {
        self.unsaved.save(&self.connection).map_err(Arc::new)?;
        self.execute("COMMIT")
    }

    /// Does a job that refuses before it writes.
    fn perform_plain(&mut self, job: &mut dyn Job) -> std::result::Result<(), GroupFault> {
        let (before, mut guard) = (self.connection.total_changes(), Guard::Absent);
        let verdict = self.perform(job, &mut guard);
        if guard == Guard::Savepoint {
            return self.release(verdict);
        }
        let halfway = verdict == Verdict::Undo && self.connection.total_changes() != before;
        // After some faults SQLite has ended the whole transaction: what comes next would be kept, each by itself.
        if halfway || self.connection.is_autocommit() {
            let aborted = ffi::Error::new(ffi::SQLITE_ABORT);
            let why = "a write of the same transaction failed".to_owned();
            return Err(Arc::new(rusqlite::Error::SqliteFailure(aborted, Some(why))));
        }
        Ok(())
    }

    /// Does a job in a savepoint.
    fn perform_undoable(&mut self, job: &mut dyn Job) -> std::result::Result<(), GroupFault> {
        self.unsaved.save(&self.connection).map_err(Arc::new)?;
        self.execute("SAVEPOINT job")?;
        let verdict = self.perform(job, &mut Guard::Savepoint);
        self.release(verdict)
    }

    /// Ends the savepoint of a job.
    fn release(&self, verdict: Verdict) -> std::result::Result<(), GroupFault> {
        if verdict == Verdict::Undo {
            // Where SQLite has ended the whole transaction, this fails for the group.
            self.execute("ROLLBACK TO job")?;
        }
        self.execute("RELEASE job")
    }

    fn perform(&mut self, job: &mut dyn Job, guard: &mut Guard) -> Verdict {
        let before = self.notices.len();
        let now = self.clock.now().as_microsecond();
        let (connection, notices) = (&self.connection, &mut self.notices);
        let (projects_changed, unsaved) = (&mut self.projects_changed, &mut self.unsaved);
        let verdict = job.run(&mut Write { connection, now, notices, projects_changed, unsaved, guard });
        if verdict == Verdict::Undo {
            self.notices.truncate(before);
        }
        verdict
    }

    fn execute(&self, statement: &str) -> std::result::Result<(), GroupFault> {
        let done = self.connection.prepare_cached(statement).and_then(|mut ready| ready.execute([]));
        done.map(drop).map_err(Arc::new)
    }

    /// Brings the connection back to where a transaction can begin.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(fault) = self.execute("ROLLBACK")
        {
            tracing::error!(error = %fault, "a transaction was not rolled back");
        }
    }
}
