//! `ai-pm messages`.

use serde_json::{Value, json};

use super::chosen::InProject;
use super::failure::Failure;
use super::given;
use super::screen::{self, Cell, Column, Style, Table};

const EXAMPLES: &str = "\
Examples:
  ai-pm messages -p 'web shop'                       the newest, the newest last
  ai-pm messages --role user --since 2026-03-01 --limit 5
  ai-pm messages add user 'the login answers 500 again' -p 'web shop'
  ai-pm messages add system - < note.txt";

const ADD_EXAMPLES: &str = "\
Examples:
  ai-pm messages add user 'the login answers 500 again' -p 'web shop'
  ai-pm messages add system - < note.txt";

/// List the newest messages of a project, or add one.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct Messages {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Add a message.
    Add(Add),
}

#[derive(clap::Args, Debug)]
struct List {
    /// How many at most.
    #[arg(short, long, value_name = "NUMBER", default_value_t = 20)]
    limit: u64,
    /// Of this role: user, `ai_pm` or system.
    #[arg(long)]
    role: Option<String>,
    /// Of this conversation.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// From this time on, such as 2026-03-01 or 2026-03-01T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    #[command(flatten)]
    at: InProject,
}

/// Add a message.
#[derive(clap::Args, Debug)]
#[command(after_help = ADD_EXAMPLES)]
struct Add {
    /// Who says it: user, `ai_pm` or system.
    role: String,
    /// What is said; - reads it from standard input. What begins with a hyphen stands behind --.
    #[arg(allow_negative_numbers = true)]
    content: Option<String>,
    /// The conversation that it belongs to.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    at: InProject,
}

impl Messages {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Some(Action::Add(add)) => add.run(),
            None => self.list.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let mut asked = vec![("limit", self.limit.to_string())];
        asked.extend(self.role.map(|role| ("role", role)));
        asked.extend(self.session.map(|session| ("session_id", session)));
        asked.extend(self.since.map(|since| ("since", given::time(since))));
        let mut found = self.at.find()?;
        let mut page = found.door.messages(&found.id, &asked)?;
        // As a conversation is read.
        page.entries.reverse();
        let (name, json) = (found.name.clone(), Value::Array(page.entries));
        found.answer(&json, |screen| match json.as_array().map(Vec::as_slice) {
            Some([]) | None => format!("{name} has no such messages\n"),
            Some(messages) => table(messages).drawn(screen),
        })
    }
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        let content = given::text(self.content, "what is said")?;
        let mut body = json!({ "role": self.role, "content": content });
        given::put(&mut body, "session_id", self.session);
        let mut found = self.at.find()?;
        let message = found.door.add_message(&found.id, body)?;
        let name = found.name.clone();
        found.answer(&message, |_| format!("added {} to {name}\n", screen::field(&message, "id")))
    }
}

/// Messages, as they come.
pub(super) fn table(messages: &[Value]) -> Table {
    let mut table = Table::new(&[Column::firm("TIME"), Column::firm("ROLE"), Column::long("CONTENT")]);
    for message in messages {
        let role = Cell::styled(screen::field(message, "role"), Style::Key);
        table.row([
            screen::minute(message, "timestamp").into(),
            role,
            screen::field(message, "content").into(),
        ]);
    }
    table
}
