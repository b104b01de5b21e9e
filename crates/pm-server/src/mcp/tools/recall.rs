//! `recall`: the items that answer a question.

use std::fmt::Write as _;

use pm_core::operations::{MAX_LIMIT, RecallRequest};
use pm_core::policy::Action;
use rmcp::model::Tool;
use serde_json::json;

use super::{made, reading};
use crate::mcp::answer::{Answer, put};
use crate::mcp::arguments::{Arguments, NONE};
use crate::mcp::asked::Asked;
use crate::mcp::fault::Fault;
use crate::mcp::shown::{self, Items};

const LIMIT: usize = 10;

pub(super) fn tool() -> Tool {
    let types =
        json!({ "type": "array", "items": { "enum": ["error", "solution", "context", "dependency"] } });
    let properties = json!({
        "query": { "type": "string", "description": "Question in plain words; empty: the newest" },
        "project": { "type": "string" },
        "memory_types": types,
        "session_id": { "type": "string" },
        "since": { "type": "string", "description": "RFC 3339" },
        "until": { "type": "string" },
        "min_relevance": { "type": "number" },
        "limit": { "type": "integer", "description": "Default 10" },
        "offset": { "type": "integer", "description": "Skip so many, for the rest" },
        "max_chars": { "type": "integer", "description": "Of the answer; default 8000" },
        "explain": { "type": "boolean" },
    });
    made(
        "recall",
        "Search the memory: items that answer a question, best first.",
        properties,
        &["query"],
        reading(),
    )
}

pub(super) async fn call(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    let (named, max_chars) = (arguments.project(), arguments.max_chars());
    let limit = arguments.whole("limit", 1, MAX_LIMIT as u64, LIMIT);
    let offset = arguments.whole("offset", 0, MAX_LIMIT as u64 - 1, 0);
    // One more tells whether there are more.
    arguments.set("limit", (offset + limit + 1).min(MAX_LIMIT));
    let query = arguments.text("query");
    // What is wrong with the call is told before what is not there.
    arguments.set("project_id", NONE);
    let request = arguments.rest(RecallRequest::new)?;
    let Some(project) = asked.project_if_there(named.as_deref()).await? else {
        let (text, project) = asked.nothing_yet();
        return Ok(Answer::new(text, json!({ "project": project, "query": query, "items": [] })));
    };
    let request = request.in_project(project.id);
    let mut recalled = asked.may(Action::Read(project.id))?.recall.recall(&request).await?;
    let more = recalled.len() > offset + limit;
    recalled.truncate(offset + limit);
    recalled.drain(..offset.min(recalled.len()));
    let Items { texts, values, cut } = Items::of(&recalled, max_chars, request.explain());

    let mut text = match (recalled.is_empty(), offset) {
        (true, 0) => format!("Project {:?} remembers nothing that answers this.\n", project.name),
        (true, _) => "There are no more.\n".to_owned(),
        _ => format!("Project {:?}, best first:\n", project.name),
    };
    for (n, item) in texts.iter().enumerate() {
        let _ = write!(text, "\n{}. {item}\n", offset + n + 1);
    }
    let mut structured = json!({ "project": shown::project(&project), "query": query, "items": values });
    if more || texts.len() < recalled.len() {
        let next = offset + texts.len();
        let _ = write!(text, "\nThere are more: call again with offset {next}.\n");
        put(&mut structured, "next_offset", next);
    }
    if cut > 0 {
        put(&mut structured, "cut", cut);
    }
    Ok(Answer::new(text, structured))
}
