//! Finds out a file's format by its name and the first fields in it.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Format, NOTHING, at};
use crate::cli::Failure;
use crate::cli::screen::printable;

/// Bytes that are looked at: the fields that tell formats apart come first in all of them.
const LOOKED_AT: u64 = 256 * 1024;

/// Whether a name is that of a Markdown file.
pub(super) fn is_markdown(path: &Path) -> bool {
    has_extension(path, &["md", "markdown"])
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|own| extensions.iter().any(|extension| own.eq_ignore_ascii_case(extension)))
}

/// The format of a file.
pub(super) fn format_of(path: &Path) -> Result<Format, Failure> {
    if is_markdown(path) {
        return Ok(Format::Markdown);
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start));
    read.map_err(|error| at(path, error))?;
    if let Some(format) = by_fields(&start) {
        return Ok(format);
    }
    // A list of nothing, in any format that is a list.
    let bare = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    if serde_json::from_slice::<[Value; 0]>(bare).is_ok() {
        return Err(at(path, NOTHING));
    }
    let blank = start.iter().all(u8::is_ascii_whitespace);
    if blank || has_extension(path, &["ndjson", "jsonl"]) {
        return Ok(Format::Ndjson);
    }
    let shown = printable(&path.display().to_string());
    Err(Failure::usage(format!("{shown}: its format cannot be told from its first bytes: name it by --from")))
}

/// What the first object of a text says of its format.
fn by_fields(start: &[u8]) -> Option<Format> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let seen = RefCell::new(Seen::default());
    // The text breaks off somewhere, and what came before is what counts.
    let _ = First(&seen).deserialize(&mut serde_json::Deserializer::from_slice(start));
    let Seen { fields, kind, in_list } = seen.into_inner();
    let has = |name: &str| fields.iter().any(|field| field == name);
    let kind = kind.as_deref();
    match () {
        () if has("chat_messages") => Some(Format::Claude),
        () if has("mapping") => Some(Format::Chatgpt),
        () if matches!(kind, Some("entity" | "relation")) || has("entityType") => Some(Format::McpMemory),
        () if in_list && has("memory") => Some(Format::Mem0),
        () if !in_list && (has("results") || has("memories")) => Some(Format::Mem0),
        () if !in_list && (has("kind") || has("type") || has("key")) => Some(Format::Ndjson),
        () => None,
    }
}

/// What was seen of the first object.
#[derive(Default)]
struct Seen {
    fields: Vec<String>,
    /// Its `type`, where that is a string.
    kind: Option<String>,
    /// Whether it is an element of a list.
    in_list: bool,
}

/// Reads the fields of the first object, of a list or by itself.
struct First<'a>(&'a RefCell<Seen>);

impl<'de> DeserializeSeed<'de> for First<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for First<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.0.borrow_mut().in_list = true;
        elements.next_element_seed(First(self.0)).map(drop)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(name) = entries.next_key::<String>()? {
            let is_type = name == "type";
            self.0.borrow_mut().fields.push(name);
            if is_type {
                let kind = entries.next_value::<Value>()?;
                self.0.borrow_mut().kind = kind.as_str().map(str::to_owned);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fields_tell_the_format() {
        for (text, format) in [
            (r#"{"kind":"project","name":"x"}"#, Some(Format::Ndjson)),
            ("\n\n{\"type\":\"error\",\"key\":\"k\"", Some(Format::Ndjson)),
            (
                r#"{"type":"entity","name":"a","entityType":"person","observations":[]}"#,
                Some(Format::McpMemory),
            ),
            (r#"{"type":"relation","from":"a""#, Some(Format::McpMemory)),
            ("\u{feff}[{\"id\":\"1\",\"memory\":\"x\"}]", Some(Format::Mem0)),
            (r#"{"results":[{"id":"1""#, Some(Format::Mem0)),
            (r#"{"count":2,"next":null,"memories":["#, Some(Format::Mem0)),
            (r#"[{"uuid":"u","name":"mapping","account":{},"chat_messages":[{"uuid":"#, Some(Format::Claude)),
            (r#"[ {"title":"t","create_time":1.5,"mapping":{"a":{"id":"a""#, Some(Format::Chatgpt)),
            (r#"{"title":"one","mapping":{}}"#, Some(Format::Chatgpt)),
            (r#"[{"type":"error","key":"k","value":1}]"#, None),
            ("# Markdown", None),
            ("[[{}]]", None),
            ("", None),
            ("{", None),
        ] {
            assert_eq!(by_fields(text.as_bytes()), format, "{text}");
        }
    }
}
