//! Markdown: a file, or a folder of files. What stands under a heading is an item.

mod front_matter;
mod sections;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use indicatif::ProgressBar;
use jiff::Timestamp;
use pm_core::model::CONTENT_BYTES;
use serde_json::{Map, Value};

use self::sections::Section;
use super::{ELEMENT_BYTES, Entries, Entry, Source, at, flat, pieces, times};
use crate::cli::transfer::record::Record;

/// The most bytes of a key.
const KEY_BYTES: usize = 512;
/// Room that is kept in a key for what tells equal ones apart.
const NUMBER_BYTES: usize = 32;
/// What stands between the headings of a key.
const BELOW: &str = " > ";
/// What stands in a key for outer headings that it has no room for.
const OUTER: &str = "…";
/// Fields of front matter that may say when a file was written.
const DATES: [&str; 4] = ["date", "created", "created_at", "updated"];

/// Every section with text of every file, as a context item.
pub(super) fn open(source: &Source, now: Timestamp, bar: ProgressBar) -> Entries {
    let folder = source.is_folder();
    Box::new(source.files().flat_map(move |(path, name)| {
        let shown = path.display().to_string();
        let fault = |fault: String| vec![Ok(Entry { place: shown.clone(), read: Err(fault), size: 0 })];
        let bytes = match whole(&path) {
            Ok(bytes) => bytes,
            Err(error) => return vec![Err(at(&path, error))],
        };
        bar.inc(bytes.len() as u64);
        if bytes.len() > ELEMENT_BYTES {
            return fault(format!("has more than {ELEMENT_BYTES} bytes, the most that is read as one"));
        }
        match String::from_utf8(bytes) {
            Ok(text) if text.contains('\0') => fault("holds the NUL character: it is no text".to_owned()),
            Ok(text) => entries(&text, &name, folder, &shown, now).into_iter().map(Ok).collect(),
            Err(error) => fault(format!(
                "is not UTF-8: the byte at offset {} is wrong",
                error.utf8_error().valid_up_to()
            )),
        }
    }))
}

/// A file's bytes, or a few more than are taken.
fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(ELEMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The items of a file whose name is `name`, below the folder if it is in one.
fn entries(text: &str, name: &Path, folder: bool, shown: &str, now: Timestamp) -> Vec<Entry> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body, first_line) = front_matter::split(text);
    let time = DATES.iter().find_map(|field| times::read(front.get(*field)?).ok()?);
    // The same names whatever the system parts them by.
    let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    let file = Place { name: name.join("/"), folder, front, time };
    let mut taken = HashSet::new();
    let mut entries = Vec::new();
    for section in sections::of(body, first_line) {
        let place = format!("{shown}:{}", section.line);
        let text = section.text.trim_matches('\n').trim_end();
        if text.trim().is_empty() {
            // What comes before the first heading is no section of its own where it says nothing.
            if !section.path.is_empty() {
                entries.push(Entry { place, read: Ok(Record::LeftOut("headings without text")), size: 0 });
            }
            continue;
        }
        // Two quotes are part of the value's JSON.
        let pieces = pieces::pieces(text, CONTENT_BYTES - 2, pieces::in_json);
        for piece in pieces {
            let key = free(&file.key(&section), &mut taken);
            let item = file.item(key, &section, piece);
            // With the metadata, which is that of the whole file and may be more than the text.
            let size = serde_json::to_string(&item).map_or(0, |body| body.len());
            let read = Record::item(item, now).map_err(|invalid| invalid.to_string());
            entries.push(Entry { place: place.clone(), read, size });
        }
    }
    entries
}

/// The key, or the key with a number: sections of the same name all stay.
fn free(key: &str, taken: &mut HashSet<String>) -> String {
    let mut free = key.to_owned();
    let mut number = 1;
    while !taken.insert(free.clone()) {
        number += 1;
        free = format!("{key} ({number})");
    }
    free
}

/// What the sections of a file have in common.
struct Place {
    name: String,
    folder: bool,
    front: Map<String, Value>,
    time: Option<Timestamp>,
}

impl Place {
    /// The headings down to this one; the name of the file before them where there are others.
    fn key(&self, section: &Section<'_>) -> String {
        let room = KEY_BYTES - NUMBER_BYTES;
        let whole = |path: &str| match (self.folder, path) {
            (_, "") => self.name.clone(),
            (true, path) => format!("{}: {path}", self.name),
            (false, path) => path.to_owned(),
        };
        let mut headings = section.path.as_slice();
        let mut key = whole(&headings.join(BELOW));
        while key.len() > room
            && let [_, inner @ ..] = headings
            && !inner.is_empty()
        {
            headings = inner;
            key = whole(&format!("{OUTER}{BELOW}{}", headings.join(BELOW)));
        }
        key.replace(char::is_control, " ")
    }

    fn item(&self, key: String, section: &Section<'_>, text: &str) -> Map<String, Value> {
        let mut metadata = Map::new();
        metadata.insert("file".to_owned(), Value::from(self.name.as_str()));
        if !section.path.is_empty() {
            metadata.insert("headings".to_owned(), Value::from(section.path.clone()));
        }
        for (name, value) in &self.front {
            flat::put(&mut metadata, name, value.clone());
        }
        let mut item = Map::new();
        item.insert("type".to_owned(), Value::from("context"));
        item.insert("key".to_owned(), Value::from(key));
        item.insert("value".to_owned(), Value::from(text));
        item.insert("metadata".to_owned(), Value::Object(metadata));
        if let Some(time) = self.time {
            item.insert("timestamp".to_owned(), Value::from(time.to_string()));
        }
        item
    }
}

#[cfg(test)]
mod tests;
