//! `remember`: stores one item or several.

use std::fmt::Write as _;

use pm_core::input::{self, Invalid};
use pm_core::model::{Key, MemoryType, Precondition};
use pm_core::operations::{BatchEntry, StoreBatch, StoreItem};
use pm_core::policy::Action;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::made;
use crate::mcp::answer::{Answer, put};
use crate::mcp::arguments::{Arguments, NONE};
use crate::mcp::asked::Asked;
use crate::mcp::fault::Fault;
use crate::mcp::shown;

pub(super) fn tool() -> Tool {
    let properties = json!({
        "type": { "enum": ["error", "solution", "context", "dependency"] },
        "key": { "type": "string", "description": "Short stable name, e.g. login-500" },
        "value": { "description": "Text or JSON" },
        "solves": { "type": "string", "description": "Key of the error that this solution solves" },
        "project": { "type": "string", "description": "Made if new" },
        "importance": { "type": "number", "description": "0 to 1" },
        "ttl": { "type": "integer", "description": "Seconds to keep it; default for ever" },
        "session_id": { "type": "string" },
        "metadata": { "type": "object", "description": "Scalars and lists of them" },
        "unless_similar": { "type": "number", "description": "Refuse where a stored item is so alike, e.g. 0.95" },
        "items": {
            "type": "array", "items": { "type": "object" },
            "description": "Several such items instead, all or none (no unless_similar)",
        },
    });
    let description = "Store an item or several: an error, its solution, context, a dependency. Same type and key: replaced.";
    let annotations = ToolAnnotations::new().read_only(false).destructive(true).idempotent(true);
    made("remember", description, properties, &[], annotations)
}

/// What is to be stored.
enum Work {
    One(StoreItem),
    Several(StoreBatch),
}

pub(super) async fn call(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    let named = arguments.project();
    // What is wrong with the items is told before a project is made for them.
    let work = work(arguments)?;
    let (project, made) = asked.project_to_write(named.as_deref()).await?;
    let memory = &asked.may(Action::Write(project.id))?.memory;
    let (stored, evicted) = match work {
        Work::One(item) => {
            let stored = memory.store(item.in_project(project.id), Precondition::NONE, None).await?;
            let item = stored.item.value;
            (vec![BatchEntry { r#type: item.r#type, key: item.key, created: stored.created }], stored.evicted)
        }
        Work::Several(batch) => memory.store_batch(batch.in_project(project.id), None).await?,
    };
    let mut text = String::new();
    if made {
        let _ = writeln!(text, "Made project {:?}.", project.name);
    }
    let _ = writeln!(text, "Stored in project {:?}:", project.name);
    for entry in &stored {
        let what = if entry.created { "new" } else { "replaced" };
        let _ =
            writeln!(text, "- [{}] {} ({what})", entry.r#type.as_str(), entry.key.as_str().escape_debug());
    }
    let mut structured = json!({ "project": shown::project(&project), "stored": stored });
    if made {
        put(&mut structured, "project_created", true);
    }
    if !evicted.is_empty() {
        let _ = writeln!(text, "{} older items made room.", evicted.len());
        let name = |(r#type, key): &(MemoryType, Key)| json!({ "type": r#type, "key": key });
        put(&mut structured, "evicted", evicted.iter().map(name).collect::<Vec<_>>());
    }
    Ok(Answer::new(text, structured))
}

fn work(mut arguments: Arguments) -> Result<Work, Invalid> {
    if arguments.has("items") {
        let items = arguments.take("items", |items| input::array(items, |item| tied(input::object(item)?)));
        arguments.end_of("items")?;
        let items = items.unwrap_or_default();
        return Ok(Work::Several(StoreBatch::new(json!({ "project_id": NONE, "items": items }))?));
    }
    arguments.set("project_id", NONE);
    arguments.rest(|rest| Ok(Work::One(StoreItem::new(tied(input::object(rest)?)?)?)))
}

/// An item whose `solves` is put where items keep it.
fn tied(mut item: Map<String, Value>) -> Result<Value, Invalid> {
    let Some(solves) = item.shift_remove("solves").filter(|solves| !solves.is_null()) else {
        return Ok(item.into());
    };
    let key = Key::from_json(solves).map_err(|fault| fault.within("solves"))?;
    let metadata = item.entry("metadata").or_insert_with(|| json!({}));
    match metadata {
        Value::Object(fields) => {
            fields.insert("solves".to_owned(), key.as_str().into());
        }
        Value::Null => *metadata = json!({ "solves": key.as_str() }),
        // Its fault is told by whoever reads the item.
        _ => {}
    }
    Ok(item.into())
}
