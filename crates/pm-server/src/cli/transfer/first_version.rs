//! `ai-pm import --from-redis-v1`: what the first version left in its Redis, project by project.
//!
//! Its keys read `project:{project}:memory:{type}:{key}`, its values are JSON with `value`, `type`, `timestamp`,
//! `project_id` and `ttl`. A project is a context item whose key begins with `project_`.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pm_core::input::{self, BODY_DEPTH, Unreadable};
use pm_core::model::{ItemDraft, MemoryType};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::door::{Door, Way};
use super::{note, record};
use crate::cli::{self, Failure};
use crate::compose::{self, Entry, FirstVersion};

/// What begins the key of an item that is a project.
const PROJECT: &str = "project_";

/// Reads the first version's data.
struct Reader {
    runtime: Runtime,
    source: FirstVersion,
    /// Entries that could not be taken.
    left_out: usize,
}

/// A project of the first version.
#[derive(Default)]
struct Old {
    /// What it said of itself.
    body: Option<Map<String, Value>>,
    /// How many items it has; one that the server lists twice counts twice.
    items: usize,
    /// The id it has here.
    new: Option<String>,
}

/// One entry, taken apart.
enum Found {
    Project { id: String, body: Map<String, Value> },
    Item { project: String, body: Value },
}

/// Does the whole of it.
pub(super) fn run(url: &str, way: Way, dry_run: bool) -> Result<(), Failure> {
    let runtime = cli::runtime()?;
    let source = runtime.block_on(compose::first_version(url));
    let source = source.map_err(|fault| Failure::failed(format!("--from-redis-v1: {fault}")))?;
    let mut reader = Reader { runtime, source, left_out: 0 };
    let mut projects = reader.projects()?;
    if dry_run {
        for (id, old) in &projects {
            cli::say(format!("{id}\t{}\t{} items", old.name(id), old.items))?;
        }
    } else {
        let mut door = way.open()?;
        let stored = reader.store(&mut projects, door.as_mut());
        door.close().and(stored)?;
        for (id, old) in &projects {
            let new = old.new.as_deref().unwrap_or("-");
            let line = format!("{id}\t{new}\t{} items", old.items);
            // It is imported all the same where nobody takes the ids.
            if cli::say(&line).is_err() {
                note(line);
            }
        }
    }
    match reader.left_out {
        0 => Ok(()),
        n => Err(Failure::failed(format!("{n} entries could not be taken; they are named above"))),
    }
}

impl Reader {
    fn next(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        let next = self.runtime.block_on(self.source.next());
        next.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Failure::failed(format!("--from-redis-v1: {cause}"))
        })
    }

    /// The first reading: which projects there are.
    fn projects(&mut self) -> Result<BTreeMap<String, Old>, Failure> {
        let mut projects: BTreeMap<String, Old> = BTreeMap::new();
        while let Some(entries) = self.next()? {
            for entry in entries {
                match read(&entry) {
                    Ok(Found::Project { id, body }) => projects.entry(id).or_default().body = Some(body),
                    Ok(Found::Item { project, .. }) => projects.entry(project).or_default().items += 1,
                    Err(fault) => {
                        self.left_out += 1;
                        note(format_args!("{}: {fault}", String::from_utf8_lossy(&entry.key).escape_debug()));
                    }
                }
            }
        }
        self.source.rewind();
        Ok(projects)
    }

    /// The second reading: makes the projects and stores what is in them.
    fn store(&mut self, projects: &mut BTreeMap<String, Old>, door: &mut dyn Door) -> Result<(), Failure> {
        for (id, old) in projects.iter_mut() {
            old.new = Some(door.create_project(old.to_create(id))?);
            old.items = 0;
        }
        while let Some(entries) = self.next()? {
            let mut by_project: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for entry in &entries {
                // What cannot be taken was named by the first reading.
                if let Ok(Found::Item { project, body }) = read(entry) {
                    by_project.entry(project).or_default().push(body);
                }
            }
            for (id, items) in by_project {
                // One that came to be after the first reading waits for the next import.
                let Some(old) = projects.get_mut(&id) else { continue };
                let Some(new) = old.new.clone() else { continue };
                let (stored, refused) = store_all(door, &new, items);
                old.items += stored;
                for (name, why) in &refused {
                    note(format_args!("project {} {}: {why}", id.escape_debug(), name.escape_debug()));
                }
                self.left_out += refused.len();
            }
        }
        for old in projects.values() {
            if let (Some(new), Some("archived")) = (&old.new, old.text("status")) {
                door.set_status(new, "archived")?;
            }
        }
        Ok(())
    }
}

/// Stores items together or, where that fails, one by one; how many, and which were refused and why.
fn store_all(door: &mut dyn Door, project: &str, items: Vec<Value>) -> (usize, Vec<(String, String)>) {
    let count = items.len();
    if door.store_items(project, items.clone()).is_ok() {
        return (count, Vec::new());
    }
    let mut refused = Vec::new();
    for item in items {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = format!("{} {}", text("type"), text("key"));
        if let Err(Failure { message, .. }) = door.store_items(project, vec![item]) {
            refused.push((name, message));
        }
    }
    (count - refused.len(), refused)
}

impl Old {
    fn text(&self, field: &str) -> Option<&str> {
        self.body.as_ref()?.get(field)?.as_str()
    }

    /// Its name, or its id where it has none that can be one here.
    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.text("name").filter(|name| record::check_name(name).is_ok()).unwrap_or(id)
    }

    /// The body that makes it here. What the first version knew beside name and description is kept as metadata.
    fn to_create(&self, id: &str) -> Value {
        let mut metadata = Map::new();
        metadata.insert("v1_id".to_owned(), Value::from(id));
        for field in ["created_at", "updated_at"] {
            if let Some(text) = self.text(field) {
                metadata.insert(format!("v1_{field}"), Value::from(text));
            }
        }
        let name: String = self.name(id).chars().take(200).collect();
        let mut body = json!({ "name": name, "metadata": metadata });
        if let (Some(text), Some(object)) = (self.text("description"), body.as_object_mut()) {
            let text: String = text.chars().take(10_000).collect();
            object.insert("description".to_owned(), Value::from(text));
        }
        body
    }
}

/// Takes an entry apart, and checks it as the API would.
fn read(entry: &Entry) -> Result<Found, String> {
    let key = std::str::from_utf8(&entry.key).map_err(|_| "the key is not UTF-8")?;
    let text = entry.text.as_ref().ok_or("is no string")?;
    // `{key}` may hold colons; the others do not.
    let (project, rest) = key
        .strip_prefix("project:")
        .and_then(|rest| rest.split_once(":memory:"))
        .ok_or("the key is not project:{project}:memory:{type}:{key}")?;
    let (r#type, name) = rest.split_once(':').ok_or("the key names no type")?;
    // Python writes an enumeration's member as `MessageType.CONTEXT`.
    let r#type = r#type.rsplit('.').next().unwrap_or(r#type).to_lowercase();
    let r#type = MemoryType::new(&r#type).map_err(|fault| format!("the type {fault}"))?;
    let parsed = input::parse(text, BODY_DEPTH).map_err(|fault| match fault {
        Unreadable::Malformed(detail) => detail,
        Unreadable::Invalid(invalid) => invalid.to_string(),
    })?;
    let Value::Object(mut record) = parsed else { return Err("is no JSON object".to_owned()) };
    let value = record.shift_remove("value").ok_or("has no value")?;
    if r#type == MemoryType::Context
        && let Some(named) = name.strip_prefix(PROJECT)
        && let Some(body) = object_in(&value)
    {
        let id = body.get("id").and_then(Value::as_str).unwrap_or(named).to_owned();
        return Ok(Found::Project { id, body });
    }
    let mut body = Map::new();
    body.insert("type".to_owned(), Value::from(r#type.as_str()));
    body.insert("key".to_owned(), Value::from(name));
    body.insert("value".to_owned(), value);
    if let Some(time) = record.get("timestamp").and_then(Value::as_str) {
        body.insert("timestamp".to_owned(), Value::from(utc(time)));
    }
    if let Some(ttl) = entry.ttl {
        body.insert("ttl".to_owned(), Value::from(ttl.max(1)));
    }
    let body = Value::Object(body);
    ItemDraft::new(body.clone()).map_err(|invalid| invalid.to_string())?;
    Ok(Found::Item { project: project.to_owned(), body })
}

/// An object, also where it was written as text.
fn object_in(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object.clone()),
        Value::String(text) => match input::parse(text.as_bytes(), BODY_DEPTH) {
            Ok(Value::Object(object)) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

/// A time as the API takes it: the first version wrote UTC and did not say so.
fn utc(text: &str) -> String {
    let naive: Result<DateTime, _> = text.parse();
    match naive.ok().filter(|_| text.parse::<jiff::Timestamp>().is_err()) {
        Some(time) => {
            TimeZone::UTC.to_timestamp(time).map_or_else(|_| text.to_owned(), |time| time.to_string())
        }
        None => text.to_owned(),
    }
}
