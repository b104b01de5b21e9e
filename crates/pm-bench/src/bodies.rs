//! The bodies of requests, as JSON.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::Outcome;
use crate::text::Writer;

/// An item to be stored, about 360 bytes.
pub fn item(project: &str, key: &str, writer: &mut Writer) -> String {
    json!({"project_id": project, "type": "context", "key": key, "value": writer.text()}).to_string()
}

/// A question to be answered from a project.
pub fn question(project: &str, writer: &mut Writer) -> String {
    json!({"project_id": project, "query": writer.question()}).to_string()
}

/// Writes `count` items with keys of their own into a file, one a line.
pub fn write_items(file: &Path, project: &str, count: usize, seed: u64) -> Outcome<()> {
    let mut writer = Writer::new(seed);
    write(file, (0..count).map(|n| item(project, &format!("item-{n}"), &mut writer)))
}

/// Writes `count` questions that all differ into a file, one a line.
pub fn write_questions(file: &Path, project: &str, count: usize, seed: u64) -> Outcome<()> {
    let mut writer = Writer::new(seed);
    write(file, (0..count).map(|_| question(project, &mut writer)))
}

fn write(file: &Path, lines: impl Iterator<Item = String>) -> Outcome<()> {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}")?;
    }
    Ok(fs::write(file, text)?)
}
