//! Why a piece of work on the database did not succeed, and what the port calls that.

use pm_core::Error;
use rusqlite::ErrorCode;

/// A refusal in the port's terms, or what `SQLite` said.
#[derive(Debug)]
pub(super) enum Fault {
    Port(Error),
    Sqlite(rusqlite::Error),
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    /// A fault of ours.
    pub(super) fn internal(source: impl Into<pm_core::error::Source>) -> Self {
        Self::Port(Error::internal(source))
    }

    /// Whether somebody else holds what is needed.
    pub(super) fn is_of_a_lock(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Port(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Port(error) => error,
            Fault::Sqlite(error) if of_the_disk(&error) => Self::unavailable(error),
            Fault::Sqlite(error) => Self::internal(error),
        }
    }
}

/// Whether the disk, the file or the machine is at fault, not the statement.
fn of_the_disk(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::PermissionDenied
                | ErrorCode::OperationAborted
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::OperationInterrupted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
                | ErrorCode::NotADatabase
        )
    )
}
