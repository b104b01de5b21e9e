//! The conversations that ChatGPT exports (`conversations.json`): each a tree of messages, of which the branch that was
//! shown last is followed.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::conversation::{self, Conversation, file, joined};
use super::{Entries, Entry, of_elements, times};
use crate::cli::Failure;

/// What is read of a conversation. Each message is read by itself, so that a bad one is bad alone.
#[derive(Deserialize)]
struct Read<'a> {
    conversation_id: Option<String>,
    id: Option<String>,
    title: Option<String>,
    #[serde(default)]
    create_time: Value,
    current_node: Option<String>,
    #[serde(borrow)]
    mapping: HashMap<String, Node<'a>>,
}

#[derive(Deserialize)]
struct Node<'a> {
    parent: Option<String>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message {
    author: Option<Author>,
    #[serde(default)]
    create_time: Value,
    content: Option<Content>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Author {
    role: Option<String>,
}

/// What a message says, in the fields that its kinds have.
#[derive(Default, Deserialize)]
struct Content {
    content_type: Option<String>,
    parts: Option<Vec<Value>>,
    text: Option<String>,
    result: Option<String>,
    user_profile: Option<String>,
    user_instructions: Option<String>,
    model_set_context: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    attachments: Option<Vec<Attachment>>,
}

#[derive(Deserialize)]
struct Attachment {
    name: Option<String>,
}

/// Every message of the current branch of every conversation, in their order.
pub(super) fn open(path: &Path, bar: ProgressBar) -> Result<Entries, Failure> {
    of_elements(path, &[], "conversation", bar, read)
}

fn read(bytes: &[u8], number: usize, place: &str) -> Result<Vec<Entry>, String> {
    let (read, begun): (Read<'_>, _) =
        conversation::parse(bytes, "ChatGPT", "create_time", |read: &Read<'_>| &read.create_time)?;
    let branch = branch(&read.mapping, read.current_node.as_deref())?;
    let mut conversation =
        Conversation::new(place, number, read.conversation_id.or(read.id), read.title, begun);
    let said = read.mapping.values().filter(|node| node.message.is_some()).count();
    conversation.say_all(branch.iter().copied(), add);
    for at in branch.len()..said {
        conversation.leave_out(at + 1, "on another branch");
    }
    Ok(conversation.end())
}

/// The messages from the root to the current node, or to the leaf with the latest message where none is named.
fn branch<'a>(
    mapping: &HashMap<String, Node<'a>>,
    current: Option<&str>,
) -> Result<Vec<&'a RawValue>, String> {
    let last = current.filter(|name| mapping.contains_key(*name)).or_else(|| latest_leaf(mapping));
    let (mut next, mut seen, mut found) = (last, HashSet::new(), Vec::new());
    while let Some(name) = next {
        let node = mapping.get(name).ok_or_else(|| {
            format!("its messages break off: {name:?}, the parent of one, is not in its mapping")
        })?;
        if !seen.insert(name) {
            return Err("its messages go round in a circle".to_owned());
        }
        found.extend(node.message);
        next = node.parent.as_deref();
    }
    found.reverse();
    Ok(found)
}

fn latest_leaf<'m>(mapping: &'m HashMap<String, Node<'_>>) -> Option<&'m str> {
    let parents: HashSet<&str> = mapping.values().filter_map(|node| node.parent.as_deref()).collect();
    let time = |node: &Node<'_>| {
        let message: Message = serde_json::from_str(node.message?.get()).ok()?;
        times::read(&message.create_time).ok()?
    };
    let leaves = mapping.iter().filter(|(name, _)| !parents.contains(name.as_str()));
    leaves.max_by_key(|(name, node)| (time(node), name.as_str())).map(|(name, _)| name.as_str())
}

fn add(conversation: &mut Conversation, number: usize, message: &RawValue) -> Result<(), String> {
    let message: Message = serde_json::from_str(message.get()).map_err(|error| error.to_string())?;
    let role = message.author.and_then(|author| author.role);
    let role = match role.as_deref() {
        Some("user") => "user",
        Some("assistant") => "ai_pm",
        Some("system" | "tool") => "system",
        other => return Err(format!("author.role: is no role of ChatGPT: {other:?}")),
    };
    let time = times::read(&message.create_time).map_err(|fault| format!("create_time: {fault}"))?;
    let content = message.content.unwrap_or_default();
    if matches!(content.content_type.as_deref(), Some("thoughts" | "reasoning_recap")) {
        conversation.leave_out(number, "thoughts");
        return Ok(());
    }
    let files = message.metadata.unwrap_or_default().attachments.unwrap_or_default();
    let files = files.iter().map(|attached| file(attached.name.as_deref()));
    let text = joined(std::iter::once(text_of(content)).chain(files));
    if text.is_empty() {
        conversation.leave_out(number, "without text");
    } else {
        conversation.say(number, role, &text, time);
    }
    Ok(())
}

/// The text of a message, whatever its kind.
fn text_of(content: Content) -> String {
    let parts = content.parts.unwrap_or_default().into_iter().map(|part| match part {
        Value::String(text) => text,
        // What was said aloud has its text there; an image has none.
        Value::Object(part) => part.get("text").and_then(Value::as_str).map_or_else(
            || {
                let kind = part.get("content_type").and_then(Value::as_str).unwrap_or("something");
                format!("[{}]", kind.strip_suffix("_asset_pointer").unwrap_or(kind))
            },
            str::to_owned,
        ),
        _ => String::new(),
    });
    let others = [
        content.text,
        content.result,
        content.user_profile,
        content.user_instructions,
        content.model_set_context,
    ];
    joined(parts.chain(others.into_iter().flatten()))
}

#[cfg(test)]
mod tests;
