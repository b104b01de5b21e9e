//! Logs: to standard error, and to daily files where a directory is configured.
//!
//! Lines are handed to a thread of their own. Where it cannot keep up, lines are dropped and counted: a log must not
//! hold up a request.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::one_line::{Fields, OneLine};
use crate::config::{Format, Log};

/// Lines that may wait for their thread before further ones are dropped.
const WAITING_LINES: usize = 8192;

/// Our own crates, and the audit record; all others are heard only when something is wrong.
const OURS: [&str; 6] = ["ai_pm", "pm_server", "pm_core", "pm_store", "pm_recall", "audit"];

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory for log files cannot be used.
    #[error("cannot write log files to {}: {source}", dir.display())]
    Directory {
        /// `LOG_DIR`.
        dir: PathBuf,
        /// What the file system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another subscriber is in place already.
    #[error("logging is set up already")]
    AlreadySet,
}

/// Keeps the writing threads alive; what still waits is written when it is dropped.
#[derive(Debug)]
#[must_use = "logging ends when the guard is dropped"]
pub struct Guard {
    workers: Vec<WorkerGuard>,
    dropped: Vec<ErrorCounter>,
}

impl Guard {
    /// How many lines were dropped so far because their thread could not keep up.
    pub fn dropped_lines(&self) -> usize {
        self.dropped.iter().map(ErrorCounter::dropped_lines).sum()
    }

    fn writer(&mut self, thread: &str, sink: impl Write + Send + 'static) -> NonBlocking {
        let (writer, worker) = NonBlockingBuilder::default()
            .buffered_lines_limit(WAITING_LINES)
            .lossy(true)
            .thread_name(thread)
            .finish(Batches(BufWriter::new(sink)));
        self.dropped.push(writer.error_counter());
        self.workers.push(worker);
        writer
    }
}

/// How long a thread that writes rests when it has written all there was.
const REST: Duration = Duration::from_millis(2);

/// Writes many lines at once: while its thread rests others gather, and who logs need not wake it for each of them.
#[derive(Debug)]
struct Batches<W: Write>(BufWriter<W>);

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line)
    }

    /// Called when nothing waits any more.
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        thread::sleep(REST);
        Ok(())
    }
}

/// Sends all events of the process where `log` says. Call it once; hold the guard to the end of `main`.
pub fn init(log: &Log) -> Result<Guard, Error> {
    let mut guard = Guard { workers: Vec::new(), dropped: Vec::new() };
    let mut layers =
        vec![layer(log.format, io::stderr().is_terminal(), guard.writer("log-stderr", io::stderr()))];
    if let Some(dir) = &log.dir {
        let files = daily_files(dir, log.max_files)?;
        layers.push(layer(log.format, false, guard.writer("log-files", files)));
    }
    let subscriber = Registry::default().with(layers.with_filter(filter(log.level.into())));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| Error::AlreadySet)?;
    Ok(guard)
}

fn daily_files(dir: &Path, max_files: usize) -> Result<RollingFileAppender, Error> {
    // The appender would make it too, but only after a line of its own on standard error.
    std::fs::create_dir_all(dir)
        .map_err(|source| Error::Directory { dir: dir.to_owned(), source: source.into() })?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("ai-pm")
        .filename_suffix("log")
        .max_log_files(max_files)
        .build(dir)
        .map_err(|source| Error::Directory { dir: dir.to_owned(), source: source.into() })
}

/// Our crates at `level`, others at warnings at most; everything where everything is asked for.
fn filter(level: LevelFilter) -> Targets {
    let others = if level == LevelFilter::TRACE { level } else { level.min(LevelFilter::WARN) };
    // At warnings it writes what agents sent.
    let protocol = if level == LevelFilter::TRACE { level } else { level.min(LevelFilter::ERROR) };
    let ours = OURS.map(|target| (target, level));
    Targets::new().with_default(others).with_targets(ours).with_target("rmcp", protocol)
}

fn layer<S, W>(format: Format, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours);
    match format {
        Format::Pretty => layer.event_format(OneLine).fmt_fields(Fields).boxed(),
        Format::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

#[cfg(test)]
mod tests;
