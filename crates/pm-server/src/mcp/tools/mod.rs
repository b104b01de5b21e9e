//! The tools. There are few, and what they say of themselves is short: an agent pays for all of it in every conversation.

mod context;
mod forget;
mod log_message;
mod projects;
mod recall;
mod remember;

use rmcp::ErrorData;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::arguments::Arguments;
use super::asked::Asked;
use super::fault::Fault;

pub(super) use context::briefed;

/// What a tool is called, and what it says of itself.
pub(super) fn all() -> Vec<Tool> {
    vec![
        context::tool(),
        recall::tool(),
        remember::tool(),
        forget::tool(),
        log_message::tool(),
        projects::tool(),
    ]
}

/// Calls the tool of this name. That there is none is an error of the protocol; all else the agent gets to read.
pub(super) async fn call(
    name: &str,
    asked: &Asked,
    arguments: Map<String, Value>,
) -> Result<Result<Answer, Fault>, ErrorData> {
    let arguments = Arguments::of(arguments);
    Ok(match name {
        "context" => context::call(asked, arguments).await,
        "recall" => recall::call(asked, arguments).await,
        "remember" => remember::call(asked, arguments).await,
        "forget" => forget::call(asked, arguments).await,
        "log_message" => log_message::call(asked, arguments).await,
        "projects" => projects::call(asked, arguments).await,
        _ => {
            let known: Vec<_> = all().into_iter().map(|tool| tool.name.into_owned()).collect();
            let message = format!("there is no tool {name:?}: there are {}", known.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
    })
}

/// A tool with these properties, those of `required` at least.
fn made(
    name: &'static str,
    description: &'static str,
    properties: Value,
    required: &[&str],
    annotations: ToolAnnotations,
) -> Tool {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties);
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    Tool::new(name, description, schema).with_annotations(annotations.open_world(false))
}

fn reading() -> ToolAnnotations {
    ToolAnnotations::new().read_only(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_short_enough_for_every_conversation() {
        let list = serde_json::to_string(&all()).unwrap();
        // With 1,500 tokens as the bound; one has 3.5 bytes or more of such JSON. docs/mcp.md has the count.
        assert!(list.len() < 4_600, "{} bytes", list.len());
        for tool in all() {
            let description = tool.description.unwrap_or_default();
            assert!(!description.is_empty() && !description.contains('\n'), "{}", tool.name);
        }
    }
}
