//! `ai-pm import`.

use std::path::PathBuf;

use pm_core::ports::{Clock, SystemClock};

use super::apply::apply;
use super::door::{Door, Way};
use super::formats::{self, Choice, NOTHING, Source};
use super::stop::Stop;
use super::tally::Tally;
use super::{bar, first_version, note, record};
use crate::cli::screen::printable;
use crate::cli::{self, Failure};

/// Read a file into a new project: NDJSON as export writes it, or what other tools keep. Or all that the first version
/// kept.
#[derive(clap::Args)]
pub(in crate::cli) struct Import {
    /// The file, or a folder of Markdown files; it is read twice.
    #[arg(required_unless_present = "from_redis_v1", requires = "project")]
    file: Option<PathBuf>,
    /// The name of the new project.
    #[arg(long, value_name = "NAME", required_unless_present = "from_redis_v1")]
    project: Option<String>,
    /// What the file is. auto looks at its name and its first fields.
    #[arg(long, value_name = "FORMAT", default_value = Choice::AUTO, value_parser = Choice::parser())]
    from: Choice,
    /// Read all projects that the first version of ai-pm kept in the Redis at this address (redis:// or rediss://),
    /// which is not changed. Each becomes a new project, at every run. Prints the old id, the new id and how many
    /// items; what cannot be taken is named, the rest is stored, and the exit code is 1.
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "project", "skip_bad", "from"])]
    from_redis_v1: Option<String>,
    /// Store nothing, and print what would be stored.
    #[arg(long)]
    dry_run: bool,
    /// Leave bad lines or records out instead of refusing the file.
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    way: Way,
}

impl Import {
    /// Does what the arguments say.
    pub(in crate::cli) fn run(self) -> Result<(), Failure> {
        let Self { file, project, from, from_redis_v1, dry_run, skip_bad, way } = self;
        match (from_redis_v1, file, project) {
            (Some(url), _, _) => first_version::run(&url, way, dry_run),
            (None, Some(file), Some(project)) => {
                OneProject { file, project, from, dry_run, skip_bad, way }.run()
            }
            // clap asks for both.
            (None, _, _) => Err(Failure::usage("give a file and --project NAME, or --from-redis-v1 URL")),
        }
    }
}

/// A file that becomes a project.
struct OneProject {
    file: PathBuf,
    project: String,
    from: Choice,
    dry_run: bool,
    skip_bad: bool,
    way: Way,
}

impl OneProject {
    /// Checks the whole file, then applies it.
    fn run(self) -> Result<(), Failure> {
        record::check_name(&self.project).map_err(|fault| Failure::usage(format!("--project: {fault}")))?;
        let now = SystemClock.now();
        let (source, format) = Source::find(self.file, self.from)?;
        let shown = printable(&source.path().display().to_string());
        if self.from.0.is_none() {
            note(format_args!("{shown}: read as {}", format.name()));
        }
        let checking = bar(source.size(), "checking {bar:40} {bytes}/{total_bytes}");
        let tally = Tally::of(formats::open(format, &source, now, &checking)?, &checking)?;
        if self.dry_run {
            tally.report()?;
        }
        if tally.bad > 0 && !self.skip_bad {
            let (bad, parts) = (tally.bad, format.parts());
            let message =
                format!("{shown}: {bad} bad {parts}, nothing was imported (--skip-bad leaves them out)");
            return Err(Failure::failed(message));
        }
        if tally.is_empty() {
            return Err(Failure::failed(format!("{shown}: {NOTHING}")));
        }
        // A server has limits of its own, which it tells when they are reached.
        if !self.way.is_server() {
            check_limit(&shown, tally.different_items(), cli::load()?.memory.max_items)?;
        }
        if self.dry_run {
            return Ok(());
        }
        let importing = bar(source.size(), "importing {bar:40} {bytes}/{total_bytes}");
        let entries = formats::open(format, &source, now, &importing)?;
        let way = if self.way.is_server() { " and the same --server" } else { "" };
        let mut door = self.way.open()?;
        let (body, status) = record::project_body(tally.project.as_ref(), &self.project);
        // From here on there is something to undo.
        let stop = Stop::hear()?;
        let id = door.create_project(body)?;
        let applied = apply(door.as_mut(), &id, entries, &stop)
            .and_then(|()| status.map_or(Ok(()), |status| door.set_status(&id, &status)));
        importing.finish_and_clear();
        if let Err(failure) = applied {
            let undone = undo(door.as_mut(), &id, way);
            return Err(Failure { exit: 1, message: format!("{} ({undone})", failure.message), ..failure });
        }
        tally.remarks().into_iter().for_each(note);
        if tally.bad > 0 {
            note(format_args!("left out, bad: {}", tally.bad));
        }
        note(format_args!("imported into {:?} ({id}): {}", self.project, tally.totals()));
        // It is imported all the same where nobody takes the id.
        if let Err(failure) = cli::say(&id) {
            note(failure.message);
        }
        door.close()
    }
}

/// Deletes a project that was not imported to its end; what became of it. `way` is what a command needs to reach it.
fn undo(door: &mut dyn Door, id: &str, way: &str) -> String {
    let deleted = door.delete_project(id);
    let closed = door.close();
    match deleted {
        Err(Failure { code, message, .. }) if code != "project_not_found" => format!(
            "project {id} is half imported: delete it with `ai-pm projects delete {id}`{way}; it could not be now: {message}"
        ),
        _ => closed.map_or_else(|failure| failure.message, |()| "nothing was imported".to_owned()),
    }
}

/// Refuses more items than a project may hold, whether the limit would refuse them or drop the oldest; 0 is no limit.
fn check_limit(shown: &str, items: usize, limit: usize) -> Result<(), Failure> {
    if limit == 0 || items <= limit {
        return Ok(());
    }
    let message = format!(
        "{shown}: {items} items, and a project may hold {limit}: nothing was imported; set MAX_MEMORY_ITEMS to {items} or \
         more, or to 0 for no limit, for this command and for the server"
    );
    Err(Failure::coded("memory_limit_reached", message))
}
