//! What is logged, how and where to.

use std::path::PathBuf;

use tracing::Level;

use super::environment::Environment;
use super::names;
use super::reader::{Checked, Reader, number, one_of};

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for people.
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

/// What is logged, how and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The least urgent level that is logged.
    pub level: Level,
    /// How a line is written.
    pub format: Format,
    /// Where daily files go, besides standard error.
    pub dir: Option<PathBuf>,
    /// How many daily files are kept.
    pub max_files: usize,
}

pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Checked<Log> {
    let level = reader.value(
        &names::LOG_LEVEL,
        one_of(&[
            ("TRACE", Level::TRACE),
            ("DEBUG", Level::DEBUG),
            ("INFO", Level::INFO),
            ("WARNING", Level::WARN),
            ("WARN", Level::WARN),
            ("ERROR", Level::ERROR),
            ("CRITICAL", Level::ERROR),
        ]),
    );
    let format = reader.value_or(
        &names::LOG_FORMAT,
        if environment.is_production() { "json" } else { "pretty" },
        one_of(&[("pretty", Format::Pretty), ("json", Format::Json)]),
    );
    let dir = reader.optional(&names::LOG_DIR, |text| Ok(PathBuf::from(text)));
    // The oldest file is removed before the new one is made: with one file, a restart would lose the day's log.
    let max_files = reader.value(&names::LOG_MAX_FILES, number(2..=3650, ""));
    Some(Log { level: level?, format: format?, dir, max_files: max_files? })
}
