//! A line of an export: a project, an item or a message as the API answers it, with its `kind` in front.

use jiff::{SignedDuration, Timestamp};
use pm_core::input::{self, BODY_DEPTH, Invalid, Unreadable};
use pm_core::model::{ItemDraft, MessageDraft, ProjectDraft};
use serde_json::{Map, Value};

/// What a line holds, as a body that the API takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    /// The project.
    Project(Value),
    /// An item; also a line that names no kind, so that a plain list of items can be imported.
    Item(Value),
    /// A message.
    Message(Value),
    /// What is left out, and why: it is not bad, and says nothing any more.
    LeftOut(&'static str),
}

/// A line of an export.
pub(super) fn line(kind: &str, thing: Value) -> Result<String, serde_json::Error> {
    let mut record = Map::new();
    record.insert("kind".to_owned(), Value::from(kind));
    if let Value::Object(fields) = thing {
        record.extend(fields);
    }
    serde_json::to_string(&record)
}

/// Reads JSON as strictly as the API does.
pub(super) fn parse(text: &[u8]) -> Result<Value, String> {
    input::parse(text, BODY_DEPTH).map_err(|fault| match fault {
        Unreadable::Malformed(detail) => detail,
        Unreadable::Invalid(invalid) => invalid.to_string(),
    })
}

impl Record {
    /// Reads a line and checks it as the API would; `now` is what is left of an item's life counted from.
    pub(super) fn read(line: &[u8], now: Timestamp) -> Result<Self, String> {
        Self::of(parse(line)?, now).map_err(|invalid| invalid.to_string())
    }

    /// Checks what was put together here by `check`, and before that as strictly as if it had come as JSON; also how many
    /// bytes it has as such.
    pub(super) fn made(
        object: &Map<String, Value>,
        check: impl FnOnce(Map<String, Value>) -> Result<Self, Invalid>,
    ) -> (Result<Self, String>, usize) {
        let body = match serde_json::to_vec(object) {
            Ok(body) => body,
            Err(error) => return (Err(error.to_string()), 0),
        };
        let checked = parse(&body)
            .and_then(|value| input::object(value).and_then(check).map_err(|invalid| invalid.to_string()));
        (checked, body.len())
    }

    fn of(value: Value, now: Timestamp) -> Result<Self, Invalid> {
        let mut object = input::object(value)?;
        let kind = object.shift_remove("kind").unwrap_or_else(|| Value::from("item"));
        match kind.as_str() {
            Some("project") => {
                without(&mut object, &["id", "created_at", "updated_at"]);
                ProjectDraft::to_replace(Value::Object(object.clone()))?;
                Ok(Self::Project(Value::Object(object)))
            }
            Some("item") => {
                without(&mut object, &["project_id"]);
                Self::item(object, now)
            }
            Some("message") => {
                without(&mut object, &["id", "project_id"]);
                Self::message(object)
            }
            _ => Err(Invalid::field("kind", "must be one of project, item, message")),
        }
    }

    /// An item as the API takes it, but for `expires_at`, which becomes what is left of its life at `now`.
    pub(super) fn item(mut object: Map<String, Value>, now: Timestamp) -> Result<Self, Invalid> {
        if let Some(end) = object.shift_remove("expires_at") {
            let end = input::timestamp(end).map_err(|fault| fault.within("expires_at"))?;
            if end <= now {
                return Ok(Self::LeftOut("expired"));
            }
            // Rounded up: it may live up to a second longer, never shorter.
            let left = end.duration_since(now) + SignedDuration::from_nanos(999_999_999);
            object.insert("ttl".to_owned(), Value::from(left.as_secs()));
        }
        ItemDraft::new(Value::Object(object.clone()))?;
        Ok(Self::Item(Value::Object(object)))
    }

    /// A message as the API takes it.
    pub(super) fn message(object: Map<String, Value>) -> Result<Self, Invalid> {
        MessageDraft::new(Value::Object(object.clone()))?;
        Ok(Self::Message(Value::Object(object)))
    }
}

/// The body that makes the project of an import: what the file says of it, under another name.
pub(super) fn project_body(record: Option<&Value>, name: &str) -> (Value, Option<String>) {
    let mut object = record.and_then(Value::as_object).cloned().unwrap_or_default();
    let status = object.shift_remove("status").and_then(|status| status.as_str().map(str::to_owned));
    object.insert("name".to_owned(), Value::from(name));
    (Value::Object(object), status)
}

/// Whether a name can be a project's.
pub(super) fn check_name(name: &str) -> Result<(), Invalid> {
    let body = Value::Object(Map::from_iter([("name".to_owned(), Value::from(name))]));
    ProjectDraft::to_create(body).map(drop)
}

fn without(object: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        object.shift_remove(*name);
    }
}
