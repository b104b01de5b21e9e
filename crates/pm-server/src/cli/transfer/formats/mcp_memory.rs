//! The graph that the MCP reference memory server keeps (`@modelcontextprotocol/server-memory`): a line an entity or a
//! relation.

use std::path::Path;

use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ndjson::of_lines;
use super::{Entries, times};
use crate::cli::Failure;
use crate::cli::transfer::record::{self, Record};

/// What types of entities are other items than context.
const TYPES: [(&str, &[&str]); 3] = [
    ("error", &["error", "bug", "exception"]),
    ("solution", &["solution", "fix", "workaround"]),
    ("dependency", &["dependency", "library", "package", "framework"]),
];

/// What relations say that one thing stands on another.
const DEPENDS: [&str; 6] = ["depends_on", "requires", "uses", "needs", "imports", "built_with"];

/// Entities and relations, each an item of its own, so that neither has to wait for the other.
pub(super) fn open(path: &Path, now: Timestamp, bar: ProgressBar) -> Result<Entries, Failure> {
    of_lines(path, bar, move |line| read(record::parse(line)?, now))
}

fn read(line: Value, now: Timestamp) -> Result<Record, String> {
    let Value::Object(mut line) = line else { return Err("is no JSON object".to_owned()) };
    let kind = line.shift_remove("type").unwrap_or_default();
    let item = match kind.as_str() {
        Some("entity") => entity(line)?,
        Some("relation") => relation(line)?,
        _ => return Err("type: must be entity or relation".to_owned()),
    };
    Record::item(item, now).map_err(|invalid| invalid.to_string())
}

/// An entity: its name is the key, and all else the value.
fn entity(mut entity: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let name = entity.shift_remove("name").ok_or("name: is missing")?;
    if !entity.get("observations").is_some_and(Value::is_array) {
        return Err("observations: must be a list".to_owned());
    }
    let kind = plain(entity.get("entityType"));
    let found = TYPES.iter().find(|(_, kinds)| kinds.contains(&kind.as_str()));
    Ok(item(found.map_or("context", |(r#type, _)| r#type), name, entity))
}

/// A relation: what it says is the key, and its parts are the value.
fn relation(relation: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let text = |name: &str| match relation.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(format!("{name}: must be a string that is not empty")),
    };
    let key = format!("{} -[{}]-> {}", text("from")?, text("relationType")?, text("to")?);
    let depends = DEPENDS.contains(&plain(relation.get("relationType")).as_str());
    Ok(item(if depends { "dependency" } else { "context" }, Value::from(key), relation))
}

/// A word for comparison: in lower case, and parted by underscores.
fn plain(word: Option<&Value>) -> String {
    word.and_then(Value::as_str).unwrap_or_default().trim().to_lowercase().replace([' ', '-'], "_")
}

fn item(r#type: &str, key: Value, mut value: Map<String, Value>) -> Map<String, Value> {
    let mut item = Map::new();
    item.insert("type".to_owned(), Value::from(r#type));
    item.insert("key".to_owned(), key);
    // Forks of the server note the time; what is none stays where it is.
    if let Some(Ok(Some(time))) = value.get("createdAt").map(times::read) {
        value.shift_remove("createdAt");
        item.insert("timestamp".to_owned(), json!(time.to_string()));
    }
    item.insert("value".to_owned(), Value::Object(value));
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item_of(line: Value) -> Value {
        match read(line, Timestamp::UNIX_EPOCH) {
            Ok(Record::Item(item)) => item,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn entities_and_relations_are_items() {
        let entity =
            json!({"type": "entity", "name": "Ann", "entityType": "person", "observations": ["a", "b"]});
        let value = json!({"entityType": "person", "observations": ["a", "b"]});
        assert_eq!(item_of(entity), json!({"type": "context", "key": "Ann", "value": value}));
        for (kind, r#type) in [
            ("Bug", "error"),
            ("error", "error"),
            ("Fix", "solution"),
            ("library", "dependency"),
            ("project", "context"),
        ] {
            let entity = json!({"type": "entity", "name": "x", "entityType": kind, "observations": []});
            assert_eq!(item_of(entity)["type"], r#type, "{kind}");
        }
        let relation =
            json!({"type": "relation", "from": "ai-pm", "to": "SQLite", "relationType": "depends on"});
        let value = json!({"from": "ai-pm", "to": "SQLite", "relationType": "depends on"});
        let key = "ai-pm -[depends on]-> SQLite";
        assert_eq!(item_of(relation), json!({"type": "dependency", "key": key, "value": value}));
        let relation = json!({"type": "relation", "from": "Ann", "to": "Bob", "relationType": "knows"});
        assert_eq!(item_of(relation)["type"], "context");
        let timed =
            json!({"type": "entity", "name": "x", "observations": [], "createdAt": "2024-05-01T10:00:00Z"});
        assert_eq!(item_of(timed)["timestamp"], "2024-05-01T10:00:00Z");
    }

    #[test]
    fn what_is_neither_is_told() {
        for (line, word) in [
            (json!([]), "no JSON object"),
            (json!({"name": "x"}), "type"),
            (json!({"type": "entity", "observations": []}), "name"),
            (json!({"type": "entity", "name": "", "observations": []}), "key"),
            (json!({"type": "entity", "name": "a\nb", "observations": []}), "key"),
            (json!({"type": "entity", "name": 1, "observations": []}), "key"),
            (json!({"type": "entity", "name": "x"}), "observations"),
            (json!({"type": "entity", "name": "x", "observations": ["x".repeat(256 * 1024)]}), "value"),
            (json!({"type": "relation", "from": "a", "to": "b"}), "relationType"),
            (json!({"type": "relation", "from": "a", "to": "", "relationType": "r"}), "to"),
            (json!({"type": "relation", "from": "a", "to": "b".repeat(512), "relationType": "r"}), "key"),
        ] {
            let fault = read(line, Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(fault.contains(word), "{word}: {fault}");
        }
    }
}
