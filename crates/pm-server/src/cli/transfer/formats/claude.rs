//! The conversations that claude.ai exports (`conversations.json`).

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
    uuid: Option<String>,
    name: Option<String>,
    #[serde(default)]
    created_at: Value,
    #[serde(borrow)]
    chat_messages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message {
    sender: Option<String>,
    text: Option<String>,
    content: Option<Vec<Block>>,
    #[serde(default)]
    created_at: Value,
    attachments: Option<Vec<Attachment>>,
    files: Option<Vec<Attachment>>,
}

/// A part of a message. Thoughts and the use of tools have no text of this name.
#[derive(Deserialize)]
struct Block {
    r#type: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Attachment {
    file_name: Option<String>,
    extracted_content: Option<String>,
}

/// Every message of every conversation, in their order.
pub(super) fn open(path: &Path, bar: ProgressBar) -> Result<Entries, Failure> {
    of_elements(path, &[], "conversation", bar, read)
}

fn read(bytes: &[u8], number: usize, place: &str) -> Result<Vec<Entry>, String> {
    let (read, begun): (Read<'_>, _) =
        conversation::parse(bytes, "claude.ai", "created_at", |read: &Read<'_>| &read.created_at)?;
    let mut conversation = Conversation::new(place, number, read.uuid, read.name, begun);
    conversation.say_all(read.chat_messages, add);
    Ok(conversation.end())
}

fn add(conversation: &mut Conversation, number: usize, message: &RawValue) -> Result<(), String> {
    let message: Message = serde_json::from_str(message.get()).map_err(|error| error.to_string())?;
    let role = match message.sender.as_deref() {
        Some("human") => "user",
        Some("assistant") => "ai_pm",
        other => return Err(format!("sender: must be human or assistant, not {other:?}")),
    };
    let time = times::read(&message.created_at).map_err(|fault| format!("created_at: {fault}"))?;
    let blocks = message.content.unwrap_or_default();
    let texts = blocks.iter().filter(|block| matches!(block.r#type.as_deref(), Some("text" | "voice_note")));
    let mut text = joined(texts.filter_map(|block| block.text.as_deref()));
    if text.is_empty() {
        text = joined(message.text);
    }
    let (with_text, without): (Vec<_>, Vec<_>) = message
        .attachments
        .unwrap_or_default()
        .into_iter()
        .chain(message.files.unwrap_or_default())
        .partition(|file| file.extracted_content.as_ref().is_some_and(|text| !text.trim().is_empty()));
    let names = without.iter().map(|named| file(named.file_name.as_deref()));
    let text = joined(std::iter::once(text).chain(names));
    if text.is_empty() && with_text.is_empty() {
        conversation.leave_out(number, "without text");
        return Ok(());
    }
    if !text.is_empty() {
        conversation.say(number, role, &text, time);
    }
    for attached in with_text {
        let content = attached.extracted_content.unwrap_or_default();
        let text = format!("{}\n{content}", file(attached.file_name.as_deref()));
        conversation.say(number, role, &text, time);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::conversation::shown;
    use super::*;

    fn messages(conversation: &Value) -> Vec<Result<Value, String>> {
        shown(read(conversation.to_string().as_bytes(), 3, "f: conversation 3"))
    }

    #[test]
    fn a_conversation_is_its_messages() {
        let conversation = json!({"uuid": "c1", "name": "A leak", "created_at": "2024-05-01T10:00:00Z", "account": {},
            "chat_messages": [
                {"uuid": "m1", "sender": "human", "text": "old", "created_at": "2024-05-01T10:00:01.5Z",
                 "content": [{"type": "text", "text": "It leaks"}], "files": [{"file_name": "heap.png"}],
                 "attachments": [{"file_name": "log.txt", "extracted_content": "line 1\nline 2"},
                    {"file_name": "empty.bin", "extracted_content": ""}]},
                {"uuid": "m2", "sender": "assistant", "text": "Here", "content": [
                    {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "One"},
                    {"type": "tool_use", "input": {"a": 1}}, {"type": "text", "text": "Two"}]},
                {"uuid": "m3", "sender": "human", "text": "", "content": []},
                {"uuid": "m4", "sender": "human", "text": "plain", "content": null, "attachments": null}]});
        let said = |role: &str, content: &str, time: &str| json!({"role": role, "content": content, "session_id": "c1", "timestamp": time});
        let time = "2024-05-01T10:00:01.5Z";
        let mut first = said("user", "It leaks\n\n[file: empty.bin]\n\n[file: heap.png]", time);
        first["metadata"] = json!({"summary": "A leak"});
        let wanted = [
            Ok(first),
            Ok(said("user", "[file: log.txt]\nline 1\nline 2", time)),
            Ok(said("ai_pm", "One\n\nTwo", time)),
            Err("left out: without text".to_owned()),
            Ok(said("user", "plain", time)),
        ];
        assert_eq!(messages(&conversation), wanted);
    }

    #[test]
    fn a_bad_message_is_bad_alone() {
        let text = r#"{"chat_messages": [{"sender": "human", "text": "\ud800"}, {"sender": "human", "text": "good"},
            {"sender": "robot", "text": "x"}, 7, {"sender": "human", "text": "x", "created_at": "soon"}]}"#;
        let read = shown(read(text.as_bytes(), 3, "f: conversation 3"));
        assert_eq!(read[1], Ok(json!({"role": "user", "content": "good", "session_id": "conversation 3"})));
        for (at, word) in [(0, "hex escape"), (2, "sender"), (3, "invalid type"), (4, "created_at")] {
            let fault = read[at].as_ref().unwrap_err();
            let place = format!("f: conversation 3, message {}: ", at + 1);
            assert!(fault.starts_with(&place) && fault.contains(word), "{word}: {fault}");
        }
        for odd in [json!({"uuid": "c"}), json!([]), json!({"chat_messages": [], "created_at": "soon"})] {
            assert!(super::read(odd.to_string().as_bytes(), 3, "f: conversation 3").is_err(), "{odd}");
        }
    }
}
