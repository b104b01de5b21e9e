//! `forget`: deletes the items of a key.

use pm_core::input::Fields;
use pm_core::model::Precondition;
use pm_core::operations::DeleteRequest;
use pm_core::policy::Action;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::json;

use super::made;
use crate::mcp::answer::{Answer, put};
use crate::mcp::arguments::{Arguments, NONE};
use crate::mcp::asked::Asked;
use crate::mcp::fault::Fault;
use crate::mcp::shown;

pub(super) fn tool() -> Tool {
    let properties = json!({
        "key": { "type": "string" },
        "type": { "enum": ["error", "solution", "context", "dependency"], "description": "Left out: of every type" },
        "project": { "type": "string" },
    });
    let annotations = ToolAnnotations::new().read_only(false).destructive(true).idempotent(true);
    made("forget", "Delete the items of a key for good.", properties, &["key"], annotations)
}

pub(super) async fn call(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    let named = arguments.project();
    let (key, r#type) = (arguments.text("key"), arguments.text("type"));
    // What is wrong with the call is told before what is not there.
    arguments.set("project_id", NONE);
    let request = arguments.rest(|rest| DeleteRequest::new(Fields::of(rest)?))?;
    let project = asked.project(named.as_deref()).await?;
    let request = request.in_project(project.id);
    let memory = &asked.may(Action::Write(project.id))?.memory;
    memory.delete(&request, &Precondition::NONE, asked.actor()).await?;
    let text = format!("Forgot {:?} in project {:?}.\n", key, project.name);
    let mut forgotten = json!({ "key": key });
    if !r#type.is_empty() {
        put(&mut forgotten, "type", r#type);
    }
    let structured = json!({ "project": shown::project(&project), "forgotten": forgotten });
    Ok(Answer::new(text, structured))
}
