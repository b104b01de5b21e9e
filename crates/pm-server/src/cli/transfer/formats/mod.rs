//! What an import can read: one file a format, each a reader that yields the same records.

mod chatgpt;
mod choice;
mod claude;
mod conversation;
mod elements;
mod flat;
mod markdown;
mod mcp_memory;
mod mem0;
mod ndjson;
mod pieces;
mod recognise;
mod source;
mod times;

pub(super) use choice::{Choice, Format};
pub(super) use source::Source;

use std::path::Path;

use indicatif::ProgressBar;
use jiff::Timestamp;

use self::elements::Elements;
use super::record::Record;
use crate::cli::Failure;
use crate::cli::screen::printable;

/// The most bytes of one thing that is read as a whole: a conversation, a memory, a Markdown file. What is larger is bad,
/// and memory is bounded by a few times this.
const ELEMENT_BYTES: usize = 64 * 1024 * 1024;

/// What is said of a source that has none of what is imported.
pub(super) const NOTHING: &str = "there is nothing in it to import";

/// A record of a source, or what is wrong with it.
pub(super) struct Entry {
    /// Where it stands, for people.
    pub place: String,
    /// What it becomes.
    pub read: Result<Record, String>,
    /// About how many bytes it sends.
    pub size: usize,
}

/// The entries of a source, in their order; an error is one of reading.
pub(super) type Entries = Box<dyn Iterator<Item = Result<Entry, Failure>>>;

/// Reads a source from its beginning; `bar` moves by the bytes that were read.
pub(super) fn open(
    format: Format,
    source: &Source,
    now: Timestamp,
    bar: &ProgressBar,
) -> Result<Entries, Failure> {
    let (path, bar) = (source.path(), bar.clone());
    match format {
        Format::Ndjson => ndjson::open(path, now, bar),
        Format::Mem0 => mem0::open(path, now, bar),
        Format::McpMemory => mcp_memory::open(path, now, bar),
        Format::Claude => claude::open(path, bar),
        Format::Chatgpt => chatgpt::open(path, bar),
        Format::Markdown => Ok(markdown::open(source, now, bar)),
    }
}

/// What is wrong with a file.
fn at(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure::failed(printable(&format!("{}: {what}", path.display())))
}

/// The elements of a JSON file, each read by `read`, which gets its bytes, its number and its place; `noun` says what an
/// element is, `wrapped` names the fields that may hold the list of them.
fn of_elements(
    path: &Path,
    wrapped: &'static [&'static str],
    noun: &'static str,
    bar: ProgressBar,
    read: impl Fn(&[u8], usize, &str) -> Result<Vec<Entry>, String> + 'static,
) -> Result<Entries, Failure> {
    let elements = Elements::open(path, wrapped, ELEMENT_BYTES).map_err(|error| at(path, error))?;
    let path = path.to_owned();
    Ok(Box::new(elements.flat_map(move |element| {
        let element = match element {
            Ok(element) => element,
            Err(error) => return vec![Err(at(&path, error))],
        };
        bar.inc(element.length);
        let place = format!("{}: {noun} {}", path.display(), element.number);
        let entries = element.bytes.and_then(|bytes| read(&bytes, element.number, &place));
        let entries = entries.unwrap_or_else(|fault| vec![Entry { place, read: Err(fault), size: 0 }]);
        entries.into_iter().map(Ok).collect()
    })))
}
