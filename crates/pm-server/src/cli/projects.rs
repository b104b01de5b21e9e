//! `ai-pm projects`.

use std::fmt::Write;

use serde_json::{Value, json};

use super::chosen::{Common, Found, answer};
use super::failure::Failure;
use super::screen::{self, Cell, Column, Screen, Style, Table};
use super::{ask, count, given};

const EXAMPLES: &str = "\
Examples:
  ai-pm projects
  ai-pm projects --search shop --sort name --json | jq -r '.[].id'
  ai-pm projects create 'web shop' --description 'the shop and its login'
  ai-pm projects show 'web shop'
  ai-pm projects archive 'web shop'
  ai-pm projects delete 'web shop' --yes";

const ONE: &str = "\
Examples:
  ai-pm projects create 'web shop' --description 'the shop and its login'
  ai-pm projects show 'web shop' --json | jq -r .id
  ai-pm projects delete 'web shop' --yes";

/// List projects; make, show, archive, activate and delete them.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct Projects {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Make a project.
    #[command(after_help = ONE)]
    Create {
        /// Its name.
        name: String,
        /// What it is about.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Show one, and how much is in it.
    #[command(after_help = ONE)]
    Show(One),
    /// Let it be read and recalled, and no more written to.
    #[command(after_help = ONE)]
    Archive(One),
    /// Let it be written to again.
    #[command(after_help = ONE)]
    Activate(One),
    /// Delete it with all that is in it. Asks before, on a terminal.
    #[command(after_help = ONE)]
    Delete {
        #[command(flatten)]
        one: One,
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(clap::Args, Debug)]
struct One {
    /// Its name or its id.
    #[arg(value_name = "NAME|ID")]
    project: String,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
struct List {
    /// Those of this status: active or archived.
    #[arg(long)]
    status: Option<String>,
    /// Those whose name or description has this in it.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// By `created_at`, `updated_at` or name; with a - before it the other way round.
    #[arg(long, value_name = "FIELD", default_value = "-created_at", allow_hyphen_values = true)]
    sort: String,
    /// How many at most, 1 to 1000.
    #[arg(short, long, value_name = "NUMBER", default_value_t = 100)]
    limit: u64,
    #[command(flatten)]
    common: Common,
}

impl Projects {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            None => self.list.run(),
            Some(Action::Create { name, description, common }) => create(&name, description, common),
            Some(Action::Show(one)) => show(one),
            Some(Action::Archive(one)) => set(one, "archived"),
            Some(Action::Activate(one)) => set(one, "active"),
            Some(Action::Delete { one, yes }) => delete(one, yes),
        }
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let mut asked = vec![("sort", self.sort), ("limit", self.limit.to_string())];
        asked.extend(self.status.map(|status| ("status", status)));
        asked.extend(self.search.map(|search| ("search", search)));
        let mut door = self.common.way.open()?;
        let page = door.projects(&asked)?;
        door.close()?;
        let (shown, json) = (page.entries.len(), Value::Array(page.entries));
        answer(self.common.json, &json, |screen| match json.as_array().map(Vec::as_slice) {
            Some([]) | None => {
                "there are no such projects; `ai-pm projects create NAME` makes one\n".to_owned()
            }
            Some(projects) => {
                let mut table = table(projects);
                if page.total > shown as u64 {
                    table.note(format!("{shown} of {}: --limit shows more", page.total), Style::Dim);
                }
                table.drawn(screen)
            }
        })
    }
}

fn table(projects: &[Value]) -> Table {
    let mut table = Table::new(&[
        Column::firm("ID"),
        Column::firm("STATUS"),
        Column::firm("CHANGED").spare(),
        Column::long("NAME"),
        Column::long("DESCRIPTION").spare(),
    ]);
    for project in projects {
        let style = if project["status"] == "active" { Style::Good } else { Style::Dim };
        table.row([
            Cell::styled(screen::field(project, "id"), Style::Dim),
            Cell::styled(screen::field(project, "status"), style),
            screen::minute(project, "updated_at").into(),
            Cell::styled(screen::field(project, "name"), Style::Key),
            screen::field(project, "description").into(),
        ]);
    }
    table
}

fn create(name: &str, description: Option<String>, common: Common) -> Result<(), Failure> {
    let mut body = json!({ "name": name });
    given::put(&mut body, "description", description);
    let mut door = common.way.open()?;
    let project = door.make_project(body)?;
    Found::new(door, project.clone(), common.json).answer(&project, |_| {
        format!("made {} {}\n", screen::field(&project, "name"), screen::field(&project, "id"))
    })
}

impl One {
    fn find(self) -> Result<Found, Failure> {
        let mut door = self.common.way.open()?;
        let project = door.find_project(&self.project)?;
        Ok(Found::new(door, project, self.common.json))
    }
}

fn show(one: One) -> Result<(), Failure> {
    let mut found = one.find()?;
    let count = if found.json { Value::Null } else { found.door.count(&found.id)? };
    let project = found.project.clone();
    found.answer(&project, |screen| fields(&project, screen) + "\n" + &count::by_type(&count).drawn(screen))
}

/// A project field by field.
pub(super) fn fields(project: &Value, screen: Screen) -> String {
    let mut text = String::new();
    for (name, value) in project.as_object().into_iter().flatten() {
        let name = screen.painted(&format!("{:<12}", screen::printable(name)), Style::Bold);
        let room = screen.width.map_or(usize::MAX, |width| width.saturating_sub(12));
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name}{}", screen::cut(&screen::one_line(value), room));
    }
    text
}

fn set(one: One, status: &str) -> Result<(), Failure> {
    let mut found = one.find()?;
    let project = found.door.patch_project(&found.id, json!({ "status": status }))?;
    let name = found.name.clone();
    found.answer(&project, |_| format!("{name} is {status}\n"))
}

fn delete(one: One, yes: bool) -> Result<(), Failure> {
    let mut found = one.find()?;
    ask::whether(&format!("Delete {:?} with all its memory and messages?", found.name), yes)?;
    found.door.delete_project(&found.id)?;
    let (name, id) = (found.name.clone(), found.id.clone());
    found.answer(&json!({ "deleted": id }), |_| format!("deleted {name}\n"))
}
