//! `log_message`: adds a message to the project's conversation.

use pm_core::model::MessageDraft;
use pm_core::policy::Action;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::json;

use super::made;
use crate::mcp::answer::{Answer, put};
use crate::mcp::arguments::Arguments;
use crate::mcp::asked::Asked;
use crate::mcp::fault::Fault;
use crate::mcp::shown;

pub(super) fn tool() -> Tool {
    let properties = json!({
        "role": { "enum": ["user", "ai_pm", "system"] },
        "content": { "type": "string" },
        "project": { "type": "string" },
        "session_id": { "type": "string" },
        "metadata": {
            "type": "object",
            "description": "for_developer, instruction, summary, confidence, memory_keys",
        },
    });
    let annotations = ToolAnnotations::new().read_only(false).destructive(false).idempotent(false);
    made("log_message", "Add a message to the project's log.", properties, &["role", "content"], annotations)
}

pub(super) async fn call(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    let named = arguments.project();
    let draft = arguments.rest(MessageDraft::new)?;
    let (project, made) = asked.project_to_write(named.as_deref()).await?;
    let messages = &asked.may(Action::Write(project.id))?.messages;
    let message = messages.create(project.id, draft, None).await?.value;
    let text = format!("Logged message {} in project {:?}.\n", message.id, project.name);
    let mut structured = json!({
        "project": shown::project(&project), "id": message.id, "timestamp": message.timestamp.to_string(),
    });
    if made {
        put(&mut structured, "project_created", true);
    }
    Ok(Answer::new(text, structured))
}
