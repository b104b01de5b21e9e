//! `ai-pm context`.

use std::fmt::Write;

use serde_json::Value;

use super::chosen::InProject;
use super::failure::Failure;
use super::screen::{self, Screen, Style};
use super::{messages, recall};

const EXAMPLES: &str = "\
Examples:
  ai-pm context -p 'web shop'                       for the last message of the user
  ai-pm context 'why is the login refused?' --json";

/// Show what an assistant needs for its next answer: the last messages, the items that bear on the question, and how sure it
/// is that they answer it.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Context {
    /// The question; unless given, the last message of the user.
    query: Option<String>,
    #[command(flatten)]
    at: InProject,
}

impl Context {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut found = self.at.find()?;
        let context = found.door.context(&found.id, self.query.as_deref())?;
        found.answer(&context, |screen| shown(&context, screen))
    }
}

fn shown(context: &Value, screen: Screen) -> String {
    let list = |name: &str| context.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (messages, items) = (list("messages"), list("items"));
    let mut text = String::new();
    if !messages.is_empty() {
        text.push_str(&messages::table(&messages).drawn(screen));
        text.push('\n');
    }
    if !items.is_empty() {
        text.push_str(&recall::table(&items).drawn(screen));
        text.push('\n');
    }
    let confidence = context.get("confidence").and_then(Value::as_f64).unwrap_or_default();
    let sufficient = context.get("sufficient") == Some(&Value::Bool(true));
    let (verdict, style) =
        if sufficient { ("sufficient", Style::Good) } else { ("not sufficient", Style::Doubtful) };
    let query =
        screen::cut(&screen::field(context, "query"), screen.width.map_or(usize::MAX, |width| width - 12));
    // Writing to a string does not fail.
    let _ = writeln!(text, "question    {query}");
    let bar = screen.painted(&screen::bar(confidence, 10), style);
    let _ = writeln!(text, "confidence  {confidence:.2}  {bar}  {}", screen.painted(verdict, style));
    text
}
