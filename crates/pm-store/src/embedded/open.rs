//! Opening the database: the directory, the lock, the file and its settings.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use super::schema;

pub(super) const FILE_NAME: &str = "ai-pm.sqlite3";
pub(super) const LOCK_NAME: &str = "ai-pm.lock";

/// How long `SQLite` waits for a lock that another program (a shell, a backup, who is beside) holds for a moment.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept ready per connection.
const STATEMENTS: usize = 64;

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another ai-pm holds {}: stop it, or give this one its own DATA_DIR", .0.display())]
    Locked(PathBuf),
    /// The directory or the lock file cannot be made or opened.
    #[error("cannot use the directory {}", path.display())]
    Directory {
        /// What was asked for.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A later version of ai-pm wrote the database.
    #[error("the database has schema {found}, this ai-pm knows up to {known}: use a newer ai-pm")]
    NewerSchema {
        /// The schema of the file.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// An earlier version of ai-pm wrote the database, and who opens it beside its holder brings nothing up to date.
    #[error(
        "the database has schema {found}, this ai-pm needs {known}: stop the server that uses it and start it with \
         this version of ai-pm, which brings it up to date"
    )]
    OlderSchema {
        /// The schema of the file.
        found: u32,
        /// The one that is needed.
        known: u32,
    },
    /// Nobody has made the database yet.
    #[error("there is no database in {}: start the server once, which makes it", .0.display())]
    Missing(PathBuf),
    /// The file is a database, but not ours.
    #[error("ai-pm.sqlite3 is a SQLite database of another program")]
    Foreign,
    /// `SQLite` cannot open or read the file.
    #[error("cannot open the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The system gives no thread.
    #[error("cannot start the thread that writes")]
    Thread(#[source] io::Error),
}

/// The database, open for writing by this process alone.
pub(super) struct Database {
    pub(super) connection: Connection,
    pub(super) file: PathBuf,
    /// Held by the one who writes; the kernel lets go of it when the process ends, however it ends.
    pub(super) lock: File,
}

/// Opens or makes the database in `directory`.
pub(super) fn database(directory: &Path) -> Result<Database, OpenError> {
    let unusable = |source| OpenError::Directory { path: directory.to_owned(), source };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(unusable)?;
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(directory.join(LOCK_NAME))
        .map_err(unusable)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::Locked(directory.to_owned()),
        TryLockError::Error(source) => unusable(source),
    })?;
    let file = directory.join(FILE_NAME);
    let mut connection = Connection::open_with_flags(&file, flags() | OpenFlags::SQLITE_OPEN_CREATE)?;
    settle(&connection, 8 * 1024)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With FULL, a commit answers only once the log is on the disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    schema::migrate(&mut connection)?;
    Ok(Database { connection, file, lock })
}

/// A connection that writes beside the process that holds `directory`: nothing is made, locked or brought up to date.
pub(super) fn beside(directory: &Path) -> Result<Connection, OpenError> {
    let file = directory.join(FILE_NAME);
    let there = file.try_exists();
    if !there.map_err(|source| OpenError::Directory { path: directory.to_owned(), source })? {
        return Err(OpenError::Missing(directory.to_owned()));
    }
    let connection = Connection::open_with_flags(&file, flags())?;
    settle(&connection, 2 * 1024)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    schema::check(&connection)?;
    Ok(connection)
}

/// A connection that reads what has been committed.
pub(super) fn reader(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(file, flags())?;
    settle(&connection, 2 * 1024)?;
    connection.pragma_update(None, "query_only", true)?;
    let deterministic = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("lower_case_holds", 2, deterministic, |context| {
        let text = context.get_raw(0).as_str_or_null()?.unwrap_or_default().to_lowercase();
        Ok(text.contains(context.get_raw(1).as_str()?))
    })?;
    Ok(connection)
}

/// A connection is used by one thread at a time: `SQLite` need not lock it.
fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn settle(connection: &Connection, cache_kibibytes: i32) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // SQLite is built with statistics of values, by which it would plan many a statement anew for each value that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -cache_kibibytes)?;
    // Savepoints and sorts stay out of the file system.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // There are no foreign keys: a project is deleted table by table, in one transaction.
    connection.pragma_update(None, "foreign_keys", false)
}
