//! `ai-pm count`.

use serde_json::Value;

use super::chosen::InProject;
use super::failure::Failure;
use super::screen::{self, Cell, Column, Style, Table};

const EXAMPLES: &str = "\
Examples:
  ai-pm count -p 'web shop'
  ai-pm count --json | jq .by_type.error";

/// Count the items of a project.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Count {
    #[command(flatten)]
    at: InProject,
}

impl Count {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut found = self.at.find()?;
        let count = found.door.count(&found.id)?;
        found.answer(&count, |screen| by_type(&count).drawn(screen))
    }
}

/// How many items there are of each type, and in all.
pub(super) fn by_type(count: &Value) -> Table {
    let mut table = Table::new(&[Column::firm("TYPE"), Column::number("ITEMS")]);
    for (name, n) in count.get("by_type").and_then(Value::as_object).into_iter().flatten() {
        table.row([screen::printable(name).into(), screen::one_line(n).into()]);
    }
    let all = screen::field(count, "count");
    table.row([Cell::styled("all", Style::Bold), Cell::styled(all, Style::Bold)]);
    table
}
