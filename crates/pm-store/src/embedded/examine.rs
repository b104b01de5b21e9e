//! Looks at a database without changing it, also while a server holds the directory.

use std::fs::File;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tokio::task::spawn_blocking;

use super::open::{self, BUSY_TIMEOUT, OpenError};
use super::schema;

/// Faults that are told; of more, none.
const FAULTS: u32 = 10;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Examined {
    /// Whether a process holds the directory.
    pub held: bool,
    /// The schema of the file, and the newest that is known.
    pub schema: u32,
    /// The newest schema that this version knows.
    pub known: u32,
    /// Bytes of the database and its log.
    pub bytes: u64,
    /// The version of `SQLite`.
    pub sqlite: String,
    /// How many projects there are.
    pub projects: u64,
    /// How many items, those that have expired and are not swept yet among them.
    pub items: u64,
    /// What `quick_check` found, none where the file is whole.
    pub faults: Vec<String>,
}

/// Looks at the database in `directory`; `None` where there is none yet.
pub async fn examine(directory: &Path) -> Result<Option<Examined>, OpenError> {
    let directory = directory.to_owned();
    let examining = spawn_blocking(move || examined(&directory));
    examining.await.map_err(|error| OpenError::Thread(error.into()))?
}

fn examined(directory: &Path) -> Result<Option<Examined>, OpenError> {
    let unusable = |source| OpenError::Directory { path: directory.to_owned(), source };
    let file = directory.join(open::FILE_NAME);
    if !file.try_exists().map_err(unusable)? {
        return Ok(None);
    }
    let connection = Connection::open_with_flags(
        &file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let (found, known) = schema::numbers(&connection)?;
    let mut faults: Vec<String> = Vec::new();
    connection.pragma(None, "quick_check", FAULTS, |row| {
        faults.push(row.get(0)?);
        Ok(())
    })?;
    faults.retain(|fault| fault != "ok");
    // A file that nobody has brought to a schema yet has no tables.
    let count = |statement: &str| match found {
        0 => Ok(0),
        _ => connection.query_row(statement, [], |row| row.get::<_, i64>(0)),
    };
    let files = [open::FILE_NAME.to_owned(), format!("{}-wal", open::FILE_NAME)];
    let bytes =
        files.iter().filter_map(|name| directory.join(name).metadata().ok()).map(|file| file.len()).sum();
    Ok(Some(Examined {
        held: held(directory),
        schema: found,
        known,
        bytes,
        sqlite: rusqlite::version().to_owned(),
        projects: count("SELECT count(*) FROM project")?.unsigned_abs(),
        items: count(
            "SELECT ifnull(sum(errors + solutions + contexts + dependencies), 0) FROM project_state",
        )?
        .unsigned_abs(),
        faults,
    }))
}

/// Whether somebody has the lock. It is tried for no longer than the question takes.
fn held(directory: &Path) -> bool {
    let lock = File::open(directory.join(open::LOCK_NAME));
    lock.is_ok_and(|lock| lock.try_lock_shared().is_err())
}
