//! Items and messages as agents see them.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pm_core::model::{JsonText, Key, MemoryItem, MemoryType, Message, Project, ProjectId};
use pm_core::operations::Recalled;
use serde_json::{Map, Value, json};

use super::answer::{cut, put, share};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What is shown of a text at least, in characters, before there is no room for another.
const LEAST: usize = 80;
/// What its number takes, and the lines between, in characters.
const NUMBER: usize = 8;
/// What stands around a message, in characters.
const MESSAGE: usize = 120;
/// Metadata of an item that is longer is left to the resource.
const METADATA_CHARS: usize = 600;

/// The address of an item.
pub(super) fn uri(project: ProjectId, r#type: MemoryType, key: &Key) -> String {
    let key = utf8_percent_encode(key.as_str(), RESERVED);
    format!("aipm://projects/{project}/memory/{}/{key}", r#type.as_str())
}

/// A project, in short.
pub(super) fn project(project: &Project) -> Value {
    json!({ "id": project.id, "name": project.name })
}

/// A value as people read it: text as it is, all else as JSON.
pub(super) fn text_of(value: &JsonText) -> String {
    match value.to_value() {
        Value::String(text) => text,
        _ => value.as_str().to_owned(),
    }
}

/// Several recalled items, as text and as JSON, together in about `budget` characters each way.
pub(super) struct Items {
    /// Each as text, with no number before it.
    pub(super) texts: Vec<String>,
    /// Each as JSON.
    pub(super) values: Vec<Value>,
    /// How many had to be cut.
    pub(super) cut: usize,
}

impl Items {
    /// As many of `recalled` as there is room for, in their order, and at least one.
    pub(super) fn of(recalled: &[Recalled], budget: usize, explain: bool) -> Self {
        let whole: Vec<_> = recalled.iter().map(|recalled| text_of(&recalled.item.value)).collect();
        let (mut lengths, mut frames, mut least) = (Vec::new(), 0, 0);
        for (recalled, text) in recalled.iter().zip(&whole) {
            let length = text.chars().count();
            let frame = frame(recalled, length, explain);
            let needed = frames + frame + least + length.min(LEAST);
            if needed > budget && !lengths.is_empty() {
                break;
            }
            frames += frame;
            least += length.min(LEAST);
            lengths.push(length);
        }
        let each = share(&lengths, budget.saturating_sub(frames));
        let (mut texts, mut values, mut shortened) = (Vec::new(), Vec::new(), 0);
        for (recalled, whole) in recalled.iter().zip(&whole).take(lengths.len()) {
            let (head, all) = cut(whole, each);
            shortened += usize::from(all.is_some());
            texts.push(as_text(recalled, head, all));
            values.push(as_json(recalled, head, all, explain));
        }
        Self { texts, values, cut: shortened }
    }
}

/// The characters of what stands around an item's text, in the longer of the two forms.
fn frame(recalled: &Recalled, length: usize, explain: bool) -> usize {
    let text = as_text(recalled, "", Some(length)).chars().count();
    let json = as_json(recalled, "", Some(length), explain).to_string().chars().count();
    text.max(json) + NUMBER
}

fn as_text(recalled: &Recalled, head: &str, all: Option<usize>) -> String {
    let item = &recalled.item;
    let mut text = format!("[{}] {}", item.r#type.as_str(), item.key.as_str().escape_debug());
    if let Some(relevance) = recalled.relevance {
        let _ = write!(text, " (relevance {relevance:.2})");
    }
    let _ = write!(text, ", {:.0}", item.timestamp);
    if let Some(solves) = solves(item) {
        let _ = write!(text, ", solves {}", solves.escape_debug());
    }
    let _ = write!(text, "\n{head}");
    if let Some(all) = all {
        let shown = head.chars().count();
        let address = uri(item.project_id, item.r#type, &item.key);
        let _ =
            write!(text, "\n[cut: {shown} of {all} characters; all of it: a larger max_chars, or {address}]");
    }
    text
}

/// The key of the error that a solution names.
fn solves(item: &MemoryItem) -> Option<String> {
    let metadata = item.metadata.as_ref()?.to_value();
    metadata.get("solves")?.as_str().map(str::to_owned)
}

fn as_json(recalled: &Recalled, head: &str, all: Option<usize>, explain: bool) -> Value {
    let item = &recalled.item;
    let mut shown = Map::new();
    shown.insert("type".to_owned(), item.r#type.as_str().into());
    shown.insert("key".to_owned(), item.key.as_str().into());
    let value = if all.is_some() { Value::from(head) } else { item.value.to_value() };
    shown.insert("value".to_owned(), value);
    if let Some(all) = all {
        shown.insert("cut".to_owned(), json!({ "shown": head.chars().count(), "of": all }));
    }
    let mut fill = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    fill("relevance", recalled.relevance.map(Value::from));
    fill("timestamp", Some(item.timestamp.to_string().into()));
    fill("session_id", item.session_id.as_ref().map(|session| json!(session)));
    fill("importance", item.importance.map(Value::from));
    let metadata = item.metadata.as_ref().filter(|metadata| metadata.as_str().len() <= METADATA_CHARS);
    let held_back = metadata.is_none() && item.metadata.is_some();
    fill("metadata", metadata.map(JsonText::to_value));
    fill("metadata_cut", held_back.then_some(Value::Bool(true)));
    fill("uri", Some(uri(item.project_id, item.r#type, &item.key).into()));
    fill("explain", recalled.explain.as_ref().filter(|_| explain).map(explained));
    Value::Object(shown)
}

fn explained(why: &pm_core::operations::recall::Explained) -> Value {
    let mut parts: Map<_, _> = why.parts().map(|(name, share)| (name.to_owned(), json!(share))).collect();
    parts.insert("score".to_owned(), json!(why.score));
    if let Some(why) = why.transformer {
        parts.insert("transformer".to_owned(), why.into());
    }
    Value::Object(parts)
}

/// Messages as text and as JSON, together in about `budget` characters each way.
pub(super) fn messages(messages: &[Message], budget: usize) -> (String, Vec<Value>) {
    let lengths: Vec<_> = messages.iter().map(|message| message.content.chars().count()).collect();
    let each = share(&lengths, budget.saturating_sub(MESSAGE * messages.len()));
    let (mut text, mut values) = (String::new(), Vec::new());
    for message in messages {
        let (head, all) = cut(&message.content, each);
        let dots = if all.is_some() { " […]" } else { "" };
        let _ = writeln!(text, "- {}, {:.0}: {head}{dots}", message.role.as_str(), message.timestamp);
        let mut value = json!({
            "role": message.role.as_str(), "content": head, "timestamp": message.timestamp.to_string(),
        });
        if let Some(all) = all {
            put(&mut value, "cut", json!({ "shown": head.chars().count(), "of": all }));
        }
        if let Some(session) = &message.session_id {
            put(&mut value, "session_id", json!(session));
        }
        values.push(value);
    }
    (text, values)
}
