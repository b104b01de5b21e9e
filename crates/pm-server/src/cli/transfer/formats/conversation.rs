//! Conversations of other chats as messages: what claude.ai and ChatGPT have in common.

use jiff::Timestamp;
use pm_core::model::CONTENT_BYTES;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Entry, pieces, times};
use crate::cli::transfer::record::Record;

/// A conversation that is being read.
pub(super) struct Conversation {
    place: String,
    session: String,
    /// What the first message that is kept gets as its summary.
    title: Option<String>,
    /// When the message before was said: what a message that has no time gets.
    time: Option<Timestamp>,
    entries: Vec<Entry>,
}

impl Conversation {
    /// One with no messages yet, found at `place`; `number` stands for an id where it has none.
    pub(super) fn new(
        place: &str,
        number: usize,
        id: Option<String>,
        title: Option<String>,
        begun: Option<Timestamp>,
    ) -> Self {
        let blank = |text: &String| !text.trim().is_empty();
        let session = id.filter(blank).unwrap_or_else(|| format!("conversation {number}"));
        Self {
            place: place.to_owned(),
            session,
            title: title.filter(blank),
            time: begun,
            entries: Vec::new(),
        }
    }

    /// Adds what its message `number` says, in as many messages as that takes; `time` is when it was said.
    pub(super) fn say(&mut self, number: usize, role: &str, text: &str, time: Option<Timestamp>) {
        self.time = time.or(self.time);
        let pieces = pieces::pieces(text, CONTENT_BYTES, pieces::in_text);
        let count = pieces.len();
        for (at, piece) in pieces.into_iter().enumerate() {
            let mut message = Map::new();
            message.insert("role".to_owned(), Value::from(role));
            message.insert("content".to_owned(), Value::from(piece));
            message.insert("session_id".to_owned(), Value::from(self.session.as_str()));
            if let Some(time) = self.time {
                message.insert("timestamp".to_owned(), Value::from(time.to_string()));
            }
            let part = (count > 1).then(|| format!("part {} of {count}", at + 1));
            let noted: Vec<String> = self.title.take().into_iter().chain(part).collect();
            if !noted.is_empty() {
                message.insert("metadata".to_owned(), json!({ "summary": noted.join(", ") }));
            }
            let (read, size) = Record::made(&message, Record::message);
            self.add(number, read, size);
        }
    }

    /// Notes that its message `number` is left out, and why.
    pub(super) fn leave_out(&mut self, number: usize, why: &'static str) {
        self.add(number, Ok(Record::LeftOut(why)), 0);
    }

    /// Adds all its messages by `add`; where that fails, the message is bad.
    pub(super) fn say_all<M>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
        add: impl Fn(&mut Self, usize, M) -> Result<(), String>,
    ) {
        for (at, message) in messages.into_iter().enumerate() {
            if let Err(fault) = add(self, at + 1, message) {
                self.add(at + 1, Err(fault), 0);
            }
        }
    }

    fn add(&mut self, number: usize, read: Result<Record, String>, size: usize) {
        let place = format!("{}, message {number}", self.place);
        self.entries.push(Entry { place, read, size });
    }

    /// All of it.
    pub(super) fn end(self) -> Vec<Entry> {
        self.entries
    }
}

/// Parses a conversation of the tool `of`, with when it began, which `field` says.
pub(super) fn parse<'a, C: Deserialize<'a>>(
    bytes: &'a [u8],
    of: &str,
    field: &str,
    began: impl Fn(&C) -> &Value,
) -> Result<(C, Option<Timestamp>), String> {
    let read: C =
        serde_json::from_slice(bytes).map_err(|error| format!("is no conversation of {of}: {error}"))?;
    let begun = times::read(began(&read)).map_err(|fault| format!("{field}: {fault}"))?;
    Ok((read, begun))
}

/// A text that stands for a file that has none: its name.
pub(super) fn file(name: Option<&str>) -> String {
    format!("[file: {}]", name.filter(|name| !name.is_empty()).unwrap_or("no name"))
}

/// The texts that say something, with a blank line between.
pub(super) fn joined<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut whole = String::new();
    for text in texts {
        let text = text.as_ref().trim_end();
        if !text.trim().is_empty() {
            if !whole.is_empty() {
                whole.push_str("\n\n");
            }
            whole.push_str(text);
        }
    }
    whole
}

/// What a reader's tests look at: each message as JSON, or why it is none.
#[cfg(test)]
pub(super) fn shown(read: Result<Vec<Entry>, String>) -> Vec<Result<Value, String>> {
    let Ok(entries) = read else { return vec![Err(read.err().unwrap_or_default())] };
    entries
        .into_iter()
        .map(|entry| match entry.read {
            Ok(Record::Message(message)) => Ok(message),
            Ok(Record::LeftOut(why)) => Err(format!("left out: {why}")),
            Ok(other) => panic!("{other:?}"),
            Err(fault) => Err(format!("{}: {fault}", entry.place)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_several_in_their_order() {
        let mut conversation =
            Conversation::new("f: conversation 1", 1, None, Some("Title".to_owned()), None);
        let text = "x".repeat(CONTENT_BYTES) + "y";
        conversation.say(1, "user", &text, Some(Timestamp::UNIX_EPOCH));
        conversation.say(2, "ai_pm", "ok", None);
        conversation.say(3, "ai_pm", "no\0", None);
        conversation.say(4, "nobody", "x", None);
        let entries = shown(Ok(conversation.end()));
        let (first, second, third) =
            (entries[0].as_ref().unwrap(), entries[1].as_ref().unwrap(), entries[2].as_ref().unwrap());
        assert_eq!(first["metadata"]["summary"], "Title, part 1 of 2");
        assert_eq!(second["metadata"]["summary"], "part 2 of 2");
        assert_eq!(second["content"], "y");
        assert_eq!(first["session_id"], "conversation 1");
        assert_eq!(third["timestamp"], "1970-01-01T00:00:00Z", "that of the message before");
        assert_eq!(third.get("metadata"), None);
        let nul = entries[3].as_ref().unwrap_err();
        assert!(nul.starts_with("f: conversation 1, message 3: content: holds the NUL"), "{nul}");
        assert!(entries[4].as_ref().unwrap_err().contains("role"));
    }

    #[test]
    fn a_nul_anywhere_is_bad() {
        let (id, title) = (Some("c".to_owned()), Some("a\0title".to_owned()));
        let mut conversation = Conversation::new("f: conversation 1", 1, id, title, None);
        conversation.say(1, "user", "text", None);
        conversation.say(2, "user", "text", None);
        let entries = shown(Ok(conversation.end()));
        let fault = entries[0].as_ref().unwrap_err();
        assert!(fault.contains("message 1: metadata.summary: holds the NUL"), "{fault}");
        assert!(entries[1].is_ok());
    }

    #[test]
    fn texts_that_say_nothing_are_passed_over() {
        assert_eq!(joined(["a\n", " ", "", "b"]), "a\n\nb");
        assert_eq!(joined(Vec::<String>::new()), "");
        assert_eq!(file(None), "[file: no name]");
    }
}
