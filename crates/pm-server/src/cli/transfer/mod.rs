//! `ai-pm export` and `ai-pm import`: one project as NDJSON, a line for the project, for each item and each message; and
//! what other tools keep, into a project.

mod apply;
mod export;
mod first_version;
mod formats;
mod import;
mod lines;
mod record;
mod stop;
mod tally;

pub(super) use export::Export;
pub(super) use import::Import;

use std::fmt::Display;

use indicatif::{ProgressBar, ProgressStyle};

use super::door;
use super::screen::printable;
use crate::cli;

/// A bar on standard error, if that is a terminal; `template` says what it shows.
fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Writes a line to standard error, whatever a file put into it. Where nobody reads it any more, it is lost.
fn note(line: impl Display) {
    cli::tell(printable(&line.to_string()));
}
