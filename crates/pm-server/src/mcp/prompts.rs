//! The prompt that brings somebody who starts to work on a project up to date.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::asked::Asked;
use super::tools;
use pm_core::input;
use pm_core::operations::recall::QUERY_BYTES;

const NAME: &str = "project-briefing";
const DESCRIPTION: &str = "What to know before working on a project";

/// What it is called and what it takes.
pub(super) fn briefing() -> Prompt {
    let argument =
        |name: &str, what: &str| PromptArgument::new(name).with_description(what).with_required(false);
    let arguments = vec![
        argument("project", "Name or id; the one that the client is set up for if left out"),
        argument("topic", "What the work will be about"),
    ];
    Prompt::new(NAME, Some(DESCRIPTION), Some(arguments)).with_title("Project briefing")
}

/// The prompt, filled in.
pub(super) async fn get(
    asked: &Asked,
    name: &str,
    arguments: Map<String, Value>,
) -> Result<GetPromptResult, ErrorData> {
    if name != NAME {
        let message = format!("there is no prompt {name:?}: the only one is {NAME}");
        return Err(ErrorData::invalid_params(message, None));
    }
    let mut arguments = Arguments::of(arguments);
    let project = arguments.project();
    let topic = arguments.take("topic", input::text(0, QUERY_BYTES)).unwrap_or_default();
    arguments.end().map_err(super::fault::Fault::from)?;
    let mut context = Map::new();
    if let Some(project) = project {
        context.insert("project".to_owned(), project.into());
    }
    context.insert("query".to_owned(), topic.clone().into());
    let known = tools::briefed(asked, context).await?.into_text();
    let about = if topic.is_empty() { String::new() } else { format!(" The work is about: {topic}") };
    let text = format!(
        "You are about to work on this project.{about}\n\nWhat its memory holds:\n\n{known}\n\nCall `context` with each new \
         question or error before you act on it, and `remember` what you learn."
    );
    let message = PromptMessage::new_text(Role::User, text);
    let mut result = GetPromptResult::new(vec![message]);
    result.description = Some(DESCRIPTION.to_owned());
    Ok(result)
}
