//! Memories as mem0 answers them (`get_all`, `search`) or exports them: a list, by itself or in `results` or `memories`.

use std::path::Path;

use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Entries, Entry, flat, of_elements, times};
use crate::cli::Failure;
use crate::cli::transfer::record::{self, Record};

/// What says nothing here: a checksum of the text, and how well it answered a search.
const DROPPED: [&str; 2] = ["hash", "score"];

/// Every memory, as a context item.
pub(super) fn open(path: &Path, now: Timestamp, bar: ProgressBar) -> Result<Entries, Failure> {
    of_elements(path, &["results", "memories"], "memory", bar, move |bytes, number, place| {
        let parsed = record::parse(bytes);
        let id = parsed.as_ref().ok().and_then(|memory| memory.get("id")).and_then(Value::as_str);
        // Told by its id as well, since a list of one line has no other place to look at.
        let place = id.map_or_else(|| place.to_owned(), |id| format!("{place} ({})", id.escape_debug()));
        let read = parsed.and_then(|memory| read(memory, number, now));
        Ok(vec![Entry { place, read, size: bytes.len() }])
    })
}

fn read(memory: Value, number: usize, now: Timestamp) -> Result<Record, String> {
    let Value::Object(mut memory) = memory else { return Err("is no JSON object".to_owned()) };
    let text = memory.shift_remove("memory").or_else(|| memory.shift_remove("text"));
    let text = text.filter(|text| !text.is_null()).ok_or("has no memory")?;
    let mut item = Map::new();
    item.insert("type".to_owned(), Value::from("context"));
    let key = match memory.shift_remove("id") {
        None | Some(Value::Null) => Value::from(format!("memory {number}")),
        Some(Value::Number(number)) => Value::from(number.to_string()),
        Some(id) => id,
    };
    item.insert("key".to_owned(), key);
    item.insert("value".to_owned(), text);
    for (field, name) in [("created_at", "timestamp"), ("expiration_date", "expires_at")] {
        let given = memory.shift_remove(field).unwrap_or_default();
        if let Some(time) = times::read(&given).map_err(|fault| format!("{field}: {fault}"))? {
            item.insert(name.to_owned(), Value::from(time.to_string()));
        }
    }
    if let Some(run) = memory.get("run_id").filter(|run| !run.is_null()) {
        item.insert("session_id".to_owned(), run.clone());
    }
    let mut metadata = Map::new();
    let own = memory.shift_remove("metadata");
    for (name, value) in memory {
        if !DROPPED.contains(&name.as_str()) {
            flat::put(&mut metadata, &name, value);
        }
    }
    match own {
        Some(Value::Object(fields)) => {
            for (name, value) in fields {
                flat::put(&mut metadata, &name, value);
            }
        }
        Some(other) => flat::put(&mut metadata, "metadata", other),
        None => {}
    }
    if !metadata.is_empty() {
        item.insert("metadata".to_owned(), Value::Object(metadata));
    }
    Record::item(item, now).map_err(|invalid| invalid.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(memory: Value) -> Value {
        match read(memory, 7, Timestamp::UNIX_EPOCH) {
            Ok(Record::Item(item)) => item,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_memory_becomes_a_context_item() {
        let memory = json!({"id": "m1", "memory": "Likes tea", "hash": "d41d", "score": 0.5, "user_id": "ann",
            "agent_id": null, "run_id": "run 1", "categories": ["food", "habits"],
            "metadata": {"source": {"app": "chat", "n": 3}, "user_id": "other", "tags": ["a", {"b": 1}]},
            "created_at": "2024-05-01T10:00:00.5-07:00", "updated_at": "2024-05-02T10:00:00-07:00"});
        let metadata = json!({"user_id": "ann", "run_id": "run 1", "categories": ["food", "habits"],
            "updated_at": "2024-05-02T10:00:00-07:00", "source.app": "chat", "source.n": 3,
            "user_id (2)": "other", "tags": "[\"a\",{\"b\":1}]"});
        let wanted = json!({"type": "context", "key": "m1", "value": "Likes tea", "session_id": "run 1",
            "timestamp": "2024-05-01T17:00:00.5Z", "metadata": metadata});
        assert_eq!(item(memory), wanted);
        assert_eq!(item(json!({"text": "x"})), json!({"type": "context", "key": "memory 7", "value": "x"}));
        assert_eq!(item(json!({"memory": "x", "id": 12, "metadata": null}))["key"], "12");
    }

    #[test]
    fn what_is_no_memory_is_told() {
        for (memory, word) in [
            (json!("text"), "no JSON object"),
            (json!({"id": "1"}), "has no memory"),
            (json!({"id": "1", "memory": null}), "has no memory"),
            (json!({"id": "", "memory": "x"}), "key"),
            (json!({"id": "k".repeat(513), "memory": "x"}), "key"),
            (json!({"id": ["k"], "memory": "x"}), "key"),
            (json!({"id": "1", "memory": "x", "created_at": "tomorrow"}), "created_at"),
            (json!({"id": "1", "memory": "x", "run_id": "a\nb"}), "session_id"),
            (json!({"id": "1", "memory": "x".repeat(256 * 1024)}), "value"),
            (json!({"id": "1", "memory": "x", "metadata": {"a": "x".repeat(17_000)}}), "metadata"),
        ] {
            let fault = read(memory, 1, Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(fault.contains(word), "{word}: {fault}");
        }
        let expired = json!({"id": "1", "memory": "x", "expiration_date": "1969-12-31"});
        assert_eq!(read(expired, 1, Timestamp::UNIX_EPOCH), Ok(Record::LeftOut("expired")));
        let later = json!({"id": "1", "memory": "x", "expiration_date": "1970-01-02"});
        assert_eq!(item(later)["ttl"], 86_400);
    }
}
