//! Items as resources: `aipm://projects/{id}/memory/{type}/{key}`.

use percent_encoding::percent_decode_str;
use pm_core::Error;
use pm_core::input::Fields;
use pm_core::model::{Key, MemoryItem, MemoryType, ProjectId};
use pm_core::operations::ItemList;
use pm_core::policy::Action;
use rmcp::model::{
    JsonObject, ListResourcesResult, MetaObject, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::Value;

use super::asked::Asked;
use super::fault::Fault;
use super::shown;

/// How the addresses of items are made.
pub(super) fn template() -> ResourceTemplate {
    ResourceTemplate::new("aipm://projects/{id}/memory/{type}/{key}", "memory-item")
        .with_title("Memory item")
        .with_description(
            "One memory item of a project, whole; type is error, solution, context or dependency",
        )
}

/// A page of the items of the project that is meant, newest first; none where no project is.
pub(super) async fn list(asked: &Asked, cursor: Option<String>) -> Result<ListResourcesResult, Fault> {
    // One that is not there yet is made by the first thing that is remembered.
    let project = if asked.has_default() { asked.project_if_there(None).await? } else { None };
    let Some(project) = project else { return Ok(ListResourcesResult::with_all_items(Vec::new())) };
    let parameters = cursor.map(|cursor| ("cursor".to_owned(), cursor)).into_iter().collect();
    let request = ItemList::new(Fields::of_query(parameters))?;
    let page = asked.may(Action::Read(project.id))?.memory.list(project.id, &request).await?;
    let resources = page.entries.iter().map(|item| {
        let item = &item.value;
        let name = format!("{} {}", item.r#type.as_str(), item.key);
        Resource::new(shown::uri(project.id, item.r#type, &item.key), name)
            .with_mime_type(mime_type(item.value.as_str()))
            .with_size(item.value.as_str().len() as u64)
    });
    let mut result = ListResourcesResult::with_all_items(resources.collect());
    result.next_cursor = page.next;
    Ok(result)
}

/// The value of one item, whole.
pub(super) async fn read(asked: &Asked, uri: &str) -> Result<ReadResourceResult, Fault> {
    let (project, r#type, key) = parse(uri).ok_or_else(|| {
        Fault::new(
            "memory_not_found",
            "the address is not of the form aipm://projects/{id}/memory/{type}/{key}",
        )
    })?;
    let project = project.ok_or(Error::ProjectNotFound)?;
    let item = asked.may(Action::Read(project))?.memory.get(project, r#type, &key).await?.value;
    let contents = ResourceContents::text(shown::text_of(&item.value), uri);
    let contents = contents.with_mime_type(mime_type(item.value.as_str()));
    Ok(ReadResourceResult::new(vec![contents.with_meta(MetaObject(around(&item)))]))
}

/// All of an item but its value.
fn around(item: &MemoryItem) -> JsonObject {
    let mut item = serde_json::to_value(item).unwrap_or_default();
    let fields = item.as_object_mut().map(std::mem::take).unwrap_or_default();
    fields.into_iter().filter(|(name, _)| name != "value").collect()
}

/// What a resource is: a string is answered as the text that it holds.
fn mime_type(value: &str) -> &'static str {
    if value.starts_with('"') { "text/plain" } else { "application/json" }
}

/// What an address names; its project is `None` where the id can be none of ours.
fn parse(uri: &str) -> Option<(Option<ProjectId>, MemoryType, Key)> {
    let (project, item) = uri.strip_prefix("aipm://projects/")?.split_once("/memory/")?;
    let (r#type, key) = item.split_once('/')?;
    let key = percent_decode_str(key).decode_utf8().ok()?;
    let key = Key::from_json(Value::from(key.as_ref())).ok()?;
    Some((ProjectId::parse(project), MemoryType::new(r#type).ok()?, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_item() {
        let project = ProjectId::parse("0190a0b0-0000-7000-8000-000000000001").unwrap();
        for key in ["login-500", "src/main.rs:7", "ä ö/ü?#%", "日本語"] {
            let key = Key::from_json(Value::from(key)).unwrap();
            let uri = shown::uri(project, MemoryType::Error, &key);
            assert_eq!(parse(&uri), Some((Some(project), MemoryType::Error, key)), "{uri}");
        }
        for wrong in
            ["", "aipm://projects/x", "http://projects/x/memory/error/k", "aipm://projects/x/memory/errors/k"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
