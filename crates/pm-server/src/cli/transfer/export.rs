//! `ai-pm export`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use indicatif::ProgressBar;
use serde_json::Value;

use super::door::{Door, Way};
use super::{bar, record};
use crate::cli::Failure;

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
        let mut door = self.way.open()?;
        let project = door.project(&self.project)?;
        let written = match &self.out {
            Some(path) => {
                // Beside the file first, so that an export that breaks off leaves an older one whole.
                let part = path.with_added_extension("part");
                let at = |error: io::Error| Failure::failed(format!("{}: {error}", part.display()));
                let mut file = BufWriter::new(File::create(&part).map_err(at)?);
                let written = write(door.as_mut(), &self.project, project, &mut file);
                written.and_then(|()| {
                    file.into_inner().map_err(|error| at(error.into_error()))?.sync_all().map_err(at)?;
                    std::fs::rename(&part, path).map_err(at)
                })
            }
            None => write(door.as_mut(), &self.project, project, &mut BufWriter::new(io::stdout().lock())),
        };
        written.and(door.close())
    }
}

fn write(door: &mut dyn Door, id: &str, project: Value, out: &mut dyn Write) -> Result<(), Failure> {
    let bar = bar(0, "{spinner} {pos} items and messages ({per_sec})");
    put(out, "project", project, &bar)?;
    loop {
        let items = door.next_items(id)?;
        if items.is_empty() {
            break;
        }
        items.into_iter().try_for_each(|item| put(out, "item", item, &bar))?;
    }
    loop {
        let messages = door.next_messages(id)?;
        if messages.is_empty() {
            break;
        }
        messages.into_iter().try_for_each(|message| put(out, "message", message, &bar))?;
    }
    bar.finish_and_clear();
    out.flush().map_err(Failure::failed)
}

fn put(out: &mut dyn Write, kind: &str, thing: Value, bar: &ProgressBar) -> Result<(), Failure> {
    let line = record::line(kind, thing).map_err(Failure::failed)?;
    writeln!(out, "{line}").map_err(Failure::failed)?;
    bar.inc(1);
    Ok(())
}
