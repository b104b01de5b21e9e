//! `ai-pm stats`.

use serde_json::{Map, Value, json};

use super::chosen::{Common, Found, answer};
use super::door::Door;
use super::failure::Failure;
use super::screen::{self, Column, Screen, Table};
use super::{count, projects};

/// Pages of projects that are looked through.
const PAGES: usize = 1000;

const EXAMPLES: &str = "\
Examples:
  ai-pm stats                                        of all projects
  ai-pm stats -p 'web shop'
  ai-pm stats --server http://localhost:8000 --json | jq .items";

/// Show how much there is, of a project or in all: projects, items by type, messages; the size of the data where the store is
/// opened, and how many items wait for their vectors where a server is asked.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Stats {
    /// Of this project alone.
    #[arg(short, long, value_name = "NAME|ID")]
    project: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Stats {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut door = self.common.way.open()?;
        let Some(named) = self.project else {
            let stats = whole(door.as_mut())?;
            door.close()?;
            return answer(self.common.json, &stats, |screen| shown(&stats, screen));
        };
        let project = door.find_project(&named)?;
        let mut found = Found::new(door, project, self.common.json);
        let mut tally = Tally::default();
        tally.add(found.door.as_mut(), &found.id)?;
        let stats = tally.fields(json!({ "project": found.project }));
        found.answer(&stats, |screen| shown(&stats, screen))
    }
}

/// What is counted.
#[derive(Default)]
struct Tally {
    items: u64,
    by_type: Map<String, Value>,
    messages: u64,
}

impl Tally {
    fn add(&mut self, door: &mut dyn Door, id: &str) -> Result<(), Failure> {
        let count = door.count(id)?;
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or_default();
        self.items += number(count.get("count"));
        for (name, n) in count.get("by_type").and_then(Value::as_object).into_iter().flatten() {
            let sum = number(self.by_type.get(name)) + number(Some(n));
            self.by_type.insert(name.clone(), Value::from(sum));
        }
        self.messages += door.messages(id, &vec![("limit", "1".to_owned())])?.total;
        Ok(())
    }

    fn fields(self, mut stats: Value) -> Value {
        if let Some(object) = stats.as_object_mut() {
            object.insert("items".to_owned(), Value::from(self.items));
            object.insert("by_type".to_owned(), Value::Object(self.by_type));
            object.insert("messages".to_owned(), Value::from(self.messages));
        }
        stats
    }
}

fn whole(door: &mut dyn Door) -> Result<Value, Failure> {
    let (mut tally, mut projects, mut archived) = (Tally::default(), 0, 0);
    let mut asked = vec![("limit", "1000".to_owned()), ("sort", "created_at".to_owned())];
    for _ in 0..PAGES {
        let page = door.projects(&asked)?;
        for project in &page.entries {
            projects += 1;
            archived += u64::from(project["status"] == "archived");
            match tally.add(door, project["id"].as_str().unwrap_or_default()) {
                // It was deleted meanwhile.
                Err(failure) if failure.code == "project_not_found" => {}
                added => added?,
            }
        }
        asked.truncate(2);
        match page.next {
            Some(cursor) => asked.push(("cursor", cursor)),
            None => break,
        }
    }
    let mut stats = tally.fields(json!({ "projects": projects, "archived": archived }));
    if let (Some(object), Value::Object(about)) = (stats.as_object_mut(), door.about()?) {
        object.extend(about);
    }
    Ok(stats)
}

fn shown(stats: &Value, screen: Screen) -> String {
    let mut text = String::new();
    if let Some(project) = stats.get("project") {
        text.push_str(&projects::fields(project, screen));
        text.push('\n');
    }
    let mut table = Table::new(&[Column::firm("WHAT"), Column::number("HOW MUCH")]);
    let size = |value: &Value| value.as_u64().map_or_else(|| screen::one_line(value), screen::bytes);
    for (name, what) in [
        ("projects", "projects"),
        ("archived", "of them archived"),
        ("messages", "messages"),
        ("store", "store"),
        ("data_bytes", "data"),
        ("pending", "waiting for vectors"),
    ] {
        if let Some(value) = stats.get(name) {
            let value = if name == "data_bytes" { size(value) } else { screen::one_line(value) };
            table.row([what.into(), value.into()]);
        }
    }
    text.push_str(&table.drawn(screen));
    text.push('\n');
    let counted = json!({ "count": stats.get("items"), "by_type": stats.get("by_type") });
    text + &count::by_type(&counted).drawn(screen)
}
