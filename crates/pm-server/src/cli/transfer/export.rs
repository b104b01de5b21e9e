//! `ai-pm export`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use pm_core::model::ProjectId;
use serde_json::Value;

use super::door::{Door, Way};
use super::{bar, record};
use crate::cli::screen::printable;
use crate::cli::{self, Failure};

/// Write one project as NDJSON: the project, its items, its messages.
#[derive(clap::Args)]
pub(in crate::cli) struct Export {
    /// The project's id.
    #[arg(long, value_name = "ID")]
    project: String,
    /// The file to write; standard output unless given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    way: Way,
}

impl Export {
    /// Writes the project, page by page.
    pub(in crate::cli) fn run(self) -> Result<(), Failure> {
        // What can be no id must not become part of an address.
        if ProjectId::parse(&self.project).is_none() {
            return Err(Failure::failed(format!("there is no project {:?}", self.project)));
        }
        let mut door = self.way.open()?;
        let project = door.project(&self.project)?;
        // Before anything of it is out.
        door.note_export(&self.project)?;
        let written = match &self.out {
            Some(path) => write_file(path, door.as_mut(), &self.project, project),
            None => write(&mut io::stdout().lock(), &cli::unsaid, door.as_mut(), &self.project, project),
        };
        written.and(door.close())
    }
}

/// Writes the project to a file, whole or not at all.
fn write_file(path: &Path, door: &mut dyn Door, id: &str, project: Value) -> Result<(), Failure> {
    // Beside the file first, so that an export that breaks off leaves an older one whole.
    let part = path.with_added_extension("part");
    let told =
        |path: &Path, error: io::Error| Failure::failed(printable(&format!("{}: {error}", path.display())));
    let at = |error: io::Error| told(&part, error);
    let mut file = File::create(&part).map_err(at)?;
    let written = write(&mut file, &at, door, id, project).and_then(|()| {
        file.sync_all().map_err(at)?;
        std::fs::rename(&part, path).map_err(|error| told(path, error))
    });
    // What is left of one that broke off is of no use; that it cannot be removed is not what went wrong.
    written.inspect_err(|_| drop(std::fs::remove_file(&part)))
}

/// Writes the project to `out`, whose faults `at` tells.
fn write(
    out: &mut dyn Write,
    at: &dyn Fn(io::Error) -> Failure,
    door: &mut dyn Door,
    id: &str,
    project: Value,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    let bar = bar(0, "{spinner} {pos} items and messages ({per_sec})");
    let mut put = |kind, thing| {
        let line = record::line(kind, thing).map_err(Failure::failed)?;
        bar.inc(1);
        writeln!(out, "{line}").map_err(at)
    };
    put("project", project)?;
    loop {
        let items = door.next_items(id)?;
        if items.is_empty() {
            break;
        }
        items.into_iter().try_for_each(|item| put("item", item))?;
    }
    loop {
        let messages = door.next_messages(id)?;
        if messages.is_empty() {
            break;
        }
        messages.into_iter().try_for_each(|message| put("message", message))?;
    }
    bar.finish_and_clear();
    out.flush().map_err(at)
}
