//! `ai-pm import`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use jiff::Timestamp;
use pm_core::ports::{Clock, SystemClock};
use serde_json::Value;

use super::bar;
use super::door::{Door, Way};
use super::first_version;
use super::lines::{Line, Lines};
use super::record::{self, Record};
use crate::cli::{self, Failure};

/// Items sent at a time, and the bytes of lines after which fewer are.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Bad lines that are named one by one; of more, only how many there are.
const SHOWN: usize = 20;

/// Read NDJSON into a new project: lines as export writes them, or plain items. Or all that the first version kept.
#[derive(clap::Args)]
pub(in crate::cli) struct Import {
    /// The file; it is read twice.
    #[arg(required_unless_present = "from_redis_v1", requires = "project")]
    file: Option<PathBuf>,
    /// The name of the new project.
    #[arg(long, value_name = "NAME", required_unless_present = "from_redis_v1")]
    project: Option<String>,
    /// Read all projects that the first version of ai-pm kept in the Redis at this address (redis:// or rediss://),
    /// which is not changed. Each becomes a new project, at every run. Prints the old id, the new id and how many
    /// items; what cannot be taken is named, the rest is stored, and the exit code is 1.
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "project", "skip_bad"])]
    from_redis_v1: Option<String>,
    /// Store nothing, and print what would be stored.
    #[arg(long, requires = "from_redis_v1")]
    dry_run: bool,
    /// Leave bad lines out instead of refusing the file.
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    way: Way,
}

/// What the first reading found.
#[derive(Default)]
struct Checked {
    project: Option<Value>,
    bad: usize,
}

impl Import {
    /// Does what the arguments say.
    pub(in crate::cli) fn run(self) -> Result<(), Failure> {
        let Self { file, project, from_redis_v1, dry_run, skip_bad, way } = self;
        match (from_redis_v1, file, project) {
            (Some(url), _, _) => first_version::run(&url, way, dry_run),
            (None, Some(file), Some(project)) => OneProject { file, project, skip_bad, way }.run(),
            // clap asks for both.
            (None, _, _) => Err(Failure::usage("give a file and --project NAME, or --from-redis-v1 URL")),
        }
    }
}

/// A file that becomes a project.
struct OneProject {
    file: PathBuf,
    project: String,
    skip_bad: bool,
    way: Way,
}

impl OneProject {
    /// Checks the whole file, then applies it.
    fn run(self) -> Result<(), Failure> {
        record::check_name(&self.project).map_err(|fault| Failure::usage(format!("--project: {fault}")))?;
        let now = SystemClock.now();
        let size = regular_size(&self.file)?;
        let checked = check(&self.file, now, size)?;
        if checked.bad > 0 && !self.skip_bad {
            let (bad, file) = (checked.bad, self.file.display());
            let message =
                format!("{file}: {bad} bad lines, nothing was imported (--skip-bad leaves them out)");
            return Err(Failure::failed(message));
        }
        let mut door = self.way.open()?;
        let (body, status) = record::project_body(checked.project.as_ref(), &self.project);
        let id = door.create_project(body)?;
        let applied = apply(door.as_mut(), &id, &self.file, now, size).and_then(|counts| {
            status.map_or(Ok(()), |status| door.set_status(&id, &status)).map(|()| counts)
        });
        match applied {
            Ok((items, messages)) => {
                eprintln!("imported into {:?}: items {items}, messages {messages}", self.project);
                cli::say(&id).and(door.close())
            }
            Err(failure) => {
                let undone = door.delete_project(&id).and(door.close());
                let undone =
                    undone.map_or_else(|Failure { message, .. }| message, |()| "nothing was imported".into());
                Err(Failure::failed(format!("{} ({undone})", failure.message)))
            }
        }
    }
}

fn regular_size(path: &Path) -> Result<u64, Failure> {
    let at = |what: &dyn std::fmt::Display| Failure::failed(format!("{}: {what}", path.display()));
    let found = std::fs::metadata(path).map_err(|error| at(&error))?;
    if found.is_file() {
        Ok(found.len())
    } else {
        Err(at(&"is no regular file: it is read twice, so save it to one"))
    }
}

/// A line, and the record in it or what is wrong with it.
type Entry = (Line, Result<Record, String>);

/// Every line that is not blank.
fn records(
    path: &Path,
    now: Timestamp,
    bar: &ProgressBar,
) -> Result<impl Iterator<Item = Result<Entry, Failure>>, Failure> {
    let shown = path.display().to_string();
    let lines = Lines::open(path).map_err(|error| Failure::failed(format!("{shown}: {error}")))?;
    let bar = bar.clone();
    Ok(lines.filter_map(move |line| {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(Failure::failed(format!("{shown}: {error}")))),
        };
        bar.inc(line.length);
        let read = match &line.bytes {
            Some(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => return None,
            Some(bytes) => Record::read(bytes, now),
            None => Err("the line is too long".to_owned()),
        };
        Some(Ok((line, read)))
    }))
}

fn check(path: &Path, now: Timestamp, size: u64) -> Result<Checked, Failure> {
    let bar = bar(size, "checking {bar:40} {bytes}/{total_bytes}");
    let mut checked = Checked::default();
    for entry in records(path, now, &bar)? {
        let (line, record) = entry?;
        let fault = match record {
            Ok(Record::Project(_)) if checked.project.is_some() => {
                "is a second project: a file holds one".to_owned()
            }
            Ok(Record::Project(project)) => {
                checked.project = Some(project);
                continue;
            }
            Ok(_) => continue,
            Err(fault) => fault,
        };
        checked.bad += 1;
        if checked.bad <= SHOWN {
            bar.suspend(|| eprintln!("{}:{}: {fault}", path.display(), line.number));
        }
    }
    bar.finish_and_clear();
    Ok(checked)
}

fn apply(
    door: &mut dyn Door,
    id: &str,
    path: &Path,
    now: Timestamp,
    size: u64,
) -> Result<(usize, usize), Failure> {
    let bar = bar(size, "importing {bar:40} {bytes}/{total_bytes}");
    let (mut batch, mut items, mut messages) = (Batch::default(), 0, 0);
    for entry in records(path, now, &bar)? {
        let (line, record) = entry?;
        match record {
            Ok(Record::Item(item)) => {
                items += 1;
                batch.add(door, id, item, line.length)?;
            }
            Ok(Record::Message(message)) => {
                messages += 1;
                door.add_message(id, message)?;
            }
            // Bad lines were named by the check, and are left out by the caller's wish.
            Ok(Record::Project(_) | Record::Expired) | Err(_) => {}
        }
    }
    batch.send(door, id)?;
    bar.finish_and_clear();
    Ok((items, messages))
}

/// Items that go in one request.
#[derive(Default)]
struct Batch {
    items: Vec<Value>,
    names: HashSet<(String, String)>,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, door: &mut dyn Door, id: &str, item: Value, length: u64) -> Result<(), Failure> {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = (text("type"), text("key"));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // A later line replaces an earlier one of the same name, which one request must not hold twice.
        let full = self.items.len() >= BATCH_ITEMS || self.bytes.saturating_add(length) > BATCH_BYTES;
        if full || self.names.contains(&name) {
            self.send(door, id)?;
        }
        self.names.insert(name);
        self.items.push(item);
        self.bytes += length;
        Ok(())
    }

    fn send(&mut self, door: &mut dyn Door, id: &str) -> Result<(), Failure> {
        self.names.clear();
        self.bytes = 0;
        let items = std::mem::take(&mut self.items);
        if items.is_empty() { Ok(()) } else { door.store_items(id, items) }
    }
}
