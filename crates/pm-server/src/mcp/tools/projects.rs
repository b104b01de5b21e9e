//! `projects`: finds projects, or makes one.

use std::fmt::Write as _;

use pm_core::input::{self, Fields};
use pm_core::operations::ProjectList;
use pm_core::policy::Action;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::made;
use crate::mcp::answer::{Answer, cut, put};
use crate::mcp::arguments::Arguments;
use crate::mcp::asked::Asked;
use crate::mcp::fault::Fault;
use crate::mcp::shown;

/// Characters of a description in a list.
const DESCRIPTION_CHARS: usize = 200;
const LIMIT: usize = 20;
const MOST: u64 = 100;

pub(super) fn tool() -> Tool {
    let properties = json!({
        "search": { "type": "string", "description": "In names and descriptions" },
        "create": { "type": "string", "description": "Name of a project to find or make" },
        "description": { "type": "string", "description": "Of the one made" },
        "limit": { "type": "integer", "description": "Default 20" },
        "cursor": { "type": "string", "description": "next_cursor of the answer before" },
    });
    let annotations = ToolAnnotations::new().read_only(false).destructive(false).idempotent(true);
    made(
        "projects",
        "List projects, newest first, or find or create one by name.",
        properties,
        &[],
        annotations,
    )
}

pub(super) async fn call(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    match arguments.take("create", Ok) {
        Some(name) => create(asked, name, arguments).await,
        None => list(asked, arguments).await,
    }
}

async fn create(asked: &Asked, name: Value, mut arguments: Arguments) -> Result<Answer, Fault> {
    let description = arguments.take("description", Ok);
    arguments.end_of("create")?;
    let body = json!({ "name": name, "description": description });
    let (project, made) = asked.create(body).await?;
    let what = if made { "Made" } else { "There is" };
    let text = format!("{what} project {:?}, id {}.\n", project.name, project.id);
    Ok(Answer::new(text, json!({ "project": shown::project(&project), "created": made })))
}

async fn list(asked: &Asked, mut arguments: Arguments) -> Result<Answer, Fault> {
    let limit = arguments.whole("limit", 1, MOST, LIMIT);
    let mut parameters = vec![("limit".to_owned(), limit.to_string())];
    for name in ["search", "cursor"] {
        let text = arguments.take(name, input::string);
        parameters.extend(text.map(|text| (name.to_owned(), text)));
    }
    if arguments.has("description") {
        arguments.refuse("description", "goes with create: leave it out of a search");
    }
    arguments.end()?;
    let request = ProjectList::new(Fields::of_query(parameters))?;
    let page = asked.may(Action::List)?.projects.list(&request, asked.among()).await?;
    let mut text = format!("Projects, {} in all:\n", page.total);
    let mut projects = Vec::new();
    for project in page.entries {
        let project = project.value;
        let mut entry = json!({
            "id": project.id, "name": project.name, "status": project.status,
            "updated_at": project.updated_at.to_string(),
        });
        let archived = if project.status.as_str() == "archived" { " (archived)" } else { "" };
        let _ = write!(text, "- {:?}{archived}, id {}", project.name, project.id);
        if let Some(description) = &project.description {
            let (head, all) = cut(description, DESCRIPTION_CHARS);
            let dots = if all.is_some() { " […]" } else { "" };
            let _ = write!(text, ": {}{dots}", head.escape_debug());
            put(&mut entry, "description", format!("{head}{dots}"));
        }
        text.push('\n');
        projects.push(entry);
    }
    let mut structured = json!({ "projects": projects, "total": page.total });
    if let Some(next) = page.next {
        let _ = writeln!(text, "There are more: call again with cursor {next:?}.");
        put(&mut structured, "next_cursor", next);
    }
    Ok(Answer::new(text, structured))
}
