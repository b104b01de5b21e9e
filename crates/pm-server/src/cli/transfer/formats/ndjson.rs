//! Lines as export writes them, or plain items.

use std::path::Path;

use indicatif::ProgressBar;
use jiff::Timestamp;

use super::{Entries, Entry, at};
use crate::cli::Failure;
use crate::cli::transfer::lines::Lines;
use crate::cli::transfer::record::Record;

/// Every line that is not blank, as a record of export.
pub(super) fn open(path: &Path, now: Timestamp, bar: ProgressBar) -> Result<Entries, Failure> {
    of_lines(path, bar, move |line| Record::read(line, now))
}

/// Every line that is not blank, read by `read`.
pub(super) fn of_lines(
    path: &Path,
    bar: ProgressBar,
    read: impl Fn(&[u8]) -> Result<Record, String> + 'static,
) -> Result<Entries, Failure> {
    let lines = Lines::open(path).map_err(|error| at(path, error))?;
    let path = path.to_owned();
    Ok(Box::new(lines.filter_map(move |line| {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(at(&path, error))),
        };
        bar.inc(line.length);
        let read = match &line.bytes {
            Some(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => return None,
            Some(bytes) => read(bytes),
            None => Err("the line is too long".to_owned()),
        };
        let place = format!("{}:{}", path.display(), line.number);
        Some(Ok(Entry { place, read, size: usize::try_from(line.length).unwrap_or(usize::MAX) }))
    })))
}
