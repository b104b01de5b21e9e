//! Markdown: a file, or a folder of files. What stands under a heading is an item.

mod front_matter;
mod sections;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::Path;

use indicatif::ProgressBar;
use jiff::Timestamp;
use pm_core::model::{CONTENT_BYTES, METADATA_BYTES};
use serde_json::{Map, Value};

use self::sections::{Section, Sections};
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
    Box::new(source.files().flat_map(move |(path, name)| -> Entries {
        let shown = path.display().to_string();
        let bytes = match whole(&path) {
            Ok(bytes) => bytes,
            Err(error) => return Box::new(std::iter::once(Err(at(&path, error)))),
        };
        bar.inc(bytes.len() as u64);
        match text_of(bytes).and_then(|text| Sectioned::new(text, &name, folder, &shown, now)) {
            Ok(file) => Box::new(file.flatten().map(Ok)),
            Err(fault) => Box::new(std::iter::once(Ok(Entry { place: shown, read: Err(fault), size: 0 }))),
        }
    }))
}

/// A file's bytes, or a few more than are taken.
fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(ELEMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file, or why it has none.
fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() > ELEMENT_BYTES {
        return Err(format!("has more than {ELEMENT_BYTES} bytes, the most that is read as one"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("is not UTF-8: the byte at offset {} is wrong", error.utf8_error().valid_up_to())
    })?;
    if text.contains('\0') {
        return Err("holds the NUL character: it is no text".to_owned());
    }
    // Lines that end as they once did on a Macintosh.
    if !text.contains('\n') && text.contains('\r') {
        return Ok(text.replace('\r', "\n"));
    }
    Ok(text)
}

/// A file that is taken apart, a section at a time: what is made of all of them has the front matter in each item, and may
/// be much more than the file.
struct Sectioned {
    text: String,
    sections: Sections,
    file: Place,
    shown: String,
    now: Timestamp,
    taken: Taken,
}

impl Sectioned {
    /// A file whose name is `name`, below the folder if it is in one.
    fn new(text: String, name: &Path, folder: bool, shown: &str, now: Timestamp) -> Result<Self, String> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (front, body, first_line) = front_matter::split(bare);
        // It would make every section bad, and be told once for each.
        if serde_json::to_string(&front).map_or(0, |front| front.len()) > METADATA_BYTES {
            return Err(format!(
                "has front matter of more than {METADATA_BYTES} bytes, the most of metadata"
            ));
        }
        let time = DATES.iter().find_map(|field| times::read(front.get(*field)?).ok()?);
        let sections = Sections::new(text.len() - body.len(), first_line);
        // The same names whatever the system parts them by.
        let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        let file = Place { name: name.join("/"), folder, front, time };
        Ok(Self { text, sections, file, shown: shown.to_owned(), now, taken: Taken::default() })
    }
}

impl Iterator for Sectioned {
    type Item = Vec<Entry>;

    /// The entries of the next section.
    fn next(&mut self) -> Option<Vec<Entry>> {
        let section = self.sections.next(&self.text)?;
        let place = format!("{}:{}", self.shown, section.line);
        let text = self.text.get(section.text.clone()).unwrap_or_default();
        let text = text.trim_matches(['\n', '\r']).trim_end();
        if text.trim().is_empty() {
            // What comes before the first heading is no section of its own where it says nothing.
            let read = Ok(Record::LeftOut("headings without text"));
            let left_out = (!section.path.is_empty()).then_some(Entry { place, read, size: 0 });
            return Some(left_out.into_iter().collect());
        }
        if section.path.iter().map(String::len).sum::<usize>() > METADATA_BYTES {
            let fault =
                format!("stands under headings of more than {METADATA_BYTES} bytes, the most of metadata");
            return Some(vec![Entry { place, read: Err(fault), size: 0 }]);
        }
        // Two quotes are part of the value's JSON.
        let pieces = pieces::pieces(text, CONTENT_BYTES - 2, pieces::in_json);
        let key = self.file.key(&section);
        let entry = |piece: &str| {
            let item = self.file.item(self.taken.free(&key), &section, piece);
            let (read, size) = Record::made(&item, |item| Record::item(item, self.now));
            Entry { place: place.clone(), read, size }
        };
        Some(pieces.into_iter().map(entry).collect())
    }
}

/// The keys of a file, as hashes: a key may be many times longer than what stands in the file for it. Two that are taken for
/// one get a number that they could do without.
#[derive(Default)]
struct Taken {
    keys: HashSet<u64>,
    /// The last number that was put behind a key, so that the next one is not looked for from the start.
    numbers: HashMap<u64, usize>,
    hasher: RandomState,
}

impl Taken {
    /// The key, or the key with a number: sections of the same name all stay.
    fn free(&mut self, key: &str) -> String {
        let hash = self.hasher.hash_one(key);
        if self.keys.insert(hash) {
            return key.to_owned();
        }
        let number = self.numbers.entry(hash).or_insert(1);
        loop {
            *number += 1;
            let free = format!("{key} ({number})");
            if self.keys.insert(self.hasher.hash_one(&free)) {
                return free;
            }
        }
    }
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
    fn key(&self, section: &Section) -> String {
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

    fn item(&self, key: String, section: &Section, text: &str) -> Map<String, Value> {
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
