//! `ai-pm remember`.

use pm_core::model::{ItemDraft, ProjectId};
use serde_json::{Value, json};

use super::chosen::{Found, InProject};
use super::failure::Failure;
use super::{given, screen, tell};

const EXAMPLES: &str = "\
Examples:
  ai-pm remember customer 'sells garden furniture' -p 'web shop'
  journalctl -u shop -n 20 | ai-pm remember login-500 - --type error --meta file=src/session.rs
  ai-pm remember pool-size 'set CACHE_POOL=32' --solves login-500
  ai-pm remember limits '{\"pool\": 32}' --json-value --ttl 86400";

/// Store an item, new or in place of the one of its type and key. A project that --project names is made where there is none.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Remember {
    /// What it is called.
    key: String,
    /// What is to be remembered; - reads it from standard input. One that begins with a hyphen stands behind --.
    #[arg(allow_negative_numbers = true)]
    value: Option<String>,
    /// error, solution, context or dependency. Unless given: context, or solution where it solves something.
    #[arg(short, long = "type", value_name = "TYPE")]
    r#type: Option<String>,
    /// The key of an error that this solves. May be repeated.
    #[arg(long, value_name = "KEY")]
    solves: Vec<String>,
    /// How much it matters beside others that match as well, 0 to 1.
    #[arg(long, value_name = "NUMBER", value_parser = given::finite)]
    importance: Option<f64>,
    /// How many seconds it is kept.
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,
    /// The conversation that it belongs to.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Metadata, which is searched too. May be repeated; the same name again makes a list.
    #[arg(long, value_name = "NAME=VALUE")]
    meta: Vec<String>,
    /// The value is JSON.
    #[arg(long)]
    json_value: bool,
    #[command(flatten)]
    at: InProject,
}

impl Remember {
    pub(super) fn run(self) -> Result<(), Failure> {
        let named = self.at.named()?;
        let mut body = self.body()?;
        // Before a project is made for it.
        ItemDraft::new(given::taken(body.clone())?)?;
        let mut found = self.open(&named)?;
        given::put(&mut body, "project_id", Some(found.id.as_str()));
        let stored = found.door.store(body)?;
        for key in &stored.evicted {
            tell(format_args!("forgot {} to make room", screen::printable(key)));
        }
        let (item, name) = (stored.item, found.name.clone());
        let done = if stored.created { "remembered" } else { "replaced" };
        found.answer(&item, |_| {
            format!("{done} {} {} in {name}\n", screen::field(&item, "type"), screen::field(&item, "key"))
        })
    }

    /// The way, and the project: made where it was named here and there is none.
    fn open(self, named: &str) -> Result<Found, Failure> {
        let InProject { project, common } = self.at;
        let mut door = common.way.open()?;
        let project = match door.find_project(named) {
            Err(failure)
                if failure.code == "project_not_found"
                    && project.is_some()
                    && ProjectId::parse(named).is_none() =>
            {
                let made = door.make_project(json!({ "name": named }))?;
                tell(format_args!("made the project {named:?}"));
                made
            }
            found => found?,
        };
        Ok(Found::new(door, project, common.json))
    }

    fn body(&self) -> Result<Value, Failure> {
        let text = given::text(self.value.clone(), "a value")?;
        let value = if self.json_value { given::json(&text, "the value")? } else { Value::from(text) };
        let usual = if self.solves.is_empty() { "context" } else { "solution" };
        let r#type = self.r#type.as_deref().unwrap_or(usual);
        if !self.solves.is_empty() && r#type != "solution" {
            return Err(Failure::usage("--solves: only a solution solves something; leave --type out"));
        }
        let mut metadata = given::metadata(&self.meta)?;
        let solves = match self.solves.as_slice() {
            [] => None,
            [one] => Some(Value::from(one.as_str())),
            several => Some(Value::from(several.to_vec())),
        };
        if solves.is_some() {
            if metadata.as_ref().is_some_and(|metadata| metadata.get("solves").is_some()) {
                return Err(Failure::usage("--meta solves: is what --solves says; give one of them"));
            }
            given::put(metadata.get_or_insert_with(|| json!({})), "solves", solves);
        }
        let mut body = json!({ "type": r#type, "key": self.key, "value": value });
        given::put(&mut body, "importance", self.importance);
        given::put(&mut body, "ttl", self.ttl);
        given::put(&mut body, "session_id", self.session.as_deref());
        given::put(&mut body, "metadata", metadata);
        Ok(body)
    }
}
