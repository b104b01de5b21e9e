//! `ai-pm forget`.

use serde_json::json;

use super::chosen::InProject;
use super::failure::Failure;
use super::{ask, screen};

const EXAMPLES: &str = "\
Examples:
  ai-pm forget login-500 -p 'web shop'               of every type
  ai-pm forget login-500 --type solution
  ai-pm forget --all --yes -p 'web shop'             the whole memory of the project";

/// Delete the items of a key, or all of a project.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Forget {
    /// The key.
    #[arg(required_unless_present = "all")]
    key: Option<String>,
    /// Of this type alone: error, solution, context or dependency.
    #[arg(short, long = "type", value_name = "TYPE")]
    r#type: Option<String>,
    /// All items of the project. Asks before, on a terminal.
    #[arg(long, conflicts_with_all = ["key", "type"])]
    all: bool,
    /// Do not ask.
    #[arg(short, long, requires = "all")]
    yes: bool,
    #[command(flatten)]
    at: InProject,
}

impl Forget {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut found = self.at.find()?;
        let Some(key) = self.key.filter(|_| !self.all) else {
            ask::whether(&format!("Delete all that {:?} remembers?", found.name), self.yes)?;
            let deleted = found.door.clear(&found.id)?;
            let name = found.name.clone();
            return found.answer(&deleted, |_| {
                format!("forgot {} items of {name}\n", screen::field(&deleted, "deleted"))
            });
        };
        found.door.forget(&found.id, &key, self.r#type.as_deref())?;
        let name = found.name.clone();
        found.answer(&json!({ "forgotten": key }), |_| {
            format!("forgot {} of {name}\n", screen::printable(&key))
        })
    }
}
