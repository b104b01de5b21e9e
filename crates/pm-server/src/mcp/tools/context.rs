//! `context`: what to know before acting on a question or an error.

use std::fmt::Write as _;

use pm_core::input::Fields;
use pm_core::model::{MemoryType, Project};
use pm_core::operations::{Context, ContextRequest};
use pm_core::policy::Action;
use rmcp::model::Tool;
use serde_json::{Map, Value, json};

use super::{made, reading};
use crate::mcp::answer::{Answer, put};
use crate::mcp::arguments::Arguments;
use crate::mcp::asked::Asked;
use crate::mcp::fault::Fault;
use crate::mcp::shown::{self, Items};

pub(super) fn tool() -> Tool {
    let properties = json!({
        "query": { "type": "string", "description": "Question or error text; left out: the last user message" },
        "project": { "type": "string", "description": "Name or id" },
        "max_chars": { "type": "integer", "description": "Of the answer; default 8000" },
    });
    let description = "What to know before acting on a question or error text: matching errors with their solutions \
        first, then other memory and the last messages.";
    made("context", description, properties, &[], reading())
}

pub(super) async fn call(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    let (named, max_chars) = (arguments.project(), arguments.max_chars());
    let request = arguments.rest(|rest| ContextRequest::new(Fields::of(rest)?))?;
    let Some(project) = asked.project_if_there(named.as_deref()).await? else {
        let (text, project) = asked.nothing_yet();
        let nothing = json!({
            "project": project, "confidence": 0.0, "sufficient": false, "items": [], "messages": [],
        });
        return Ok(Answer::new(text, nothing));
    };
    let context = asked.may(Action::Read(project.id))?.contexts.get(project.id, request).await?;
    Ok(answer(&project, context, max_chars))
}

/// The same for the prompt that has it in its text.
pub(in crate::mcp) async fn briefed(asked: &Asked, arguments: Map<String, Value>) -> Result<Answer, Fault> {
    call(asked, Arguments::of(arguments)).await
}

fn answer(project: &Project, context: Context, max_chars: usize) -> Answer {
    let Context { query, messages, items, confidence, sufficient } = context;
    // Recall answers a solution right behind its error; errors go first, the rest keeps its order.
    let troubles = items.iter().any(|it| it.item.r#type == MemoryType::Error);
    let (first, rest): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|it| matches!(it.item.r#type, MemoryType::Error | MemoryType::Solution));
    let errors = first.len();
    let items: Vec<_> = first.into_iter().chain(rest).collect();
    // Messages get what they need of a quarter.
    let (said, message_values) = shown::messages(&messages, max_chars / 4);
    let Items { texts, values, cut } =
        Items::of(&items, max_chars.saturating_sub(said.chars().count()), false);

    let mut text = format!("Project {:?}.", project.name);
    if items.is_empty() {
        text.push_str(" It remembers nothing that answers this.\n");
    } else if !query.trim().is_empty() {
        let enough = if sufficient { "enough" } else { "not enough" };
        let _ = writeln!(
            text,
            " Sure to {:.0} % that the answer is here: {enough} to act on.",
            confidence * 100.0
        );
    }
    for (n, item) in texts.iter().enumerate() {
        if n == 0 && errors > 0 {
            text.push_str(if troubles { "\nErrors and their solutions:\n" } else { "\nSolutions:\n" });
        }
        if n == errors {
            text.push_str("\nAlso known:\n");
        }
        let _ = write!(text, "\n{}. {item}\n", n + 1);
    }
    if !messages.is_empty() {
        let _ = write!(text, "\nLast messages, oldest first:\n{said}");
    }
    let left = items.len() - texts.len();
    if left > 0 {
        let _ = write!(
            text,
            "\n{left} more do not fit: a larger max_chars, or `recall` with offset {}.\n",
            texts.len()
        );
    }
    let mut structured = json!({
        "project": shown::project(project), "query": query, "confidence": confidence, "sufficient": sufficient,
        "items": values, "messages": message_values,
    });
    if cut > 0 {
        put(&mut structured, "cut", cut);
    }
    if left > 0 {
        put(&mut structured, "left_out", left);
    }
    Answer::new(text, structured)
}
