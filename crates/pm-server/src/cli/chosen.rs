//! Which project a command is about, and what all such commands take.

use serde_json::Value;

use super::door::{Door, Way};
use super::failure::Failure;
use super::screen;
use crate::workspace;

/// How a command answers, and which way it goes.
#[derive(clap::Args, Debug)]
pub(super) struct Common {
    /// Print the API's JSON, on one line.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) way: Way,
}

/// A project and the rest.
#[derive(clap::Args, Debug)]
pub(super) struct InProject {
    /// The project. Unless given: that of `AI_PM_PROJECT`, else the name of the git remote of the folder.
    #[arg(short, long, value_name = "NAME|ID")]
    pub(super) project: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// A project that was found, and the way to it.
pub(super) struct Found {
    pub(super) door: Box<dyn Door>,
    pub(super) id: String,
    /// Its name, printable.
    pub(super) name: String,
    pub(super) project: Value,
    pub(super) json: bool,
}

impl InProject {
    /// The name or id of the project that is meant.
    pub(super) fn named(&self) -> Result<String, Failure> {
        if self.project.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Failure::usage("--project: is empty; name a project, or leave it out"));
        }
        workspace::default_project(self.project.as_deref()).ok_or_else(|| {
            Failure::usage(
                "no project is named: give --project NAME, or set AI_PM_PROJECT; `ai-pm projects` lists them",
            )
        })
    }

    /// Opens the way, and finds the project.
    pub(super) fn find(self) -> Result<Found, Failure> {
        let named = self.named()?;
        let mut door = self.common.way.open()?;
        let project = door.find_project(&named)?;
        Ok(Found::new(door, project, self.common.json))
    }
}

impl Found {
    pub(super) fn new(door: Box<dyn Door>, project: Value, json: bool) -> Self {
        let id = project.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { door, id, name: screen::field(&project, "name"), project, json }
    }

    /// Closes the way, then shows the answer: as JSON, or as `text` has it.
    pub(super) fn answer(
        mut self,
        value: &Value,
        text: impl FnOnce(screen::Screen) -> String,
    ) -> Result<(), Failure> {
        self.door.close()?;
        answer(self.json, value, text)
    }
}

/// Shows an answer: as JSON, or as `text` has it.
pub(super) fn answer(
    json: bool,
    value: &Value,
    text: impl FnOnce(screen::Screen) -> String,
) -> Result<(), Failure> {
    if json { screen::show_json(value) } else { screen::show(&text(screen::Screen::of_stdout())) }
}
