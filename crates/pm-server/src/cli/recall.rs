//! `ai-pm recall`.

use serde_json::{Value, json};

use super::chosen::InProject;
use super::failure::Failure;
use super::given;
use super::screen::{self, Cell, Column, Style, Table};

/// Cells of a bar.
const BAR: u8 = 10;

const EXAMPLES: &str = "\
Examples:
  ai-pm recall why is the login refused -p 'web shop'
  ai-pm recall ECONNREFUSED --type error --type solution --explain
  ai-pm recall --limit 5                             the newest, where nothing is asked
  ai-pm recall deployment --since 2026-03-01 --json | jq -r '.[].key'";

/// Find the items that answer a question, best first. Without a question: the newest.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Recall {
    /// The question, in any number of words.
    query: Vec<String>,
    /// Of this type: error, solution, context or dependency. May be repeated.
    #[arg(short, long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// How many items at most; unless given, `CONTEXT_WINDOW_SIZE`.
    #[arg(short, long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Of this conversation.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// From this time on, such as 2026-03-01 or 2026-03-01T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// At least as likely to answer, 0 to 1.
    #[arg(long, value_name = "NUMBER", value_parser = given::finite)]
    min_relevance: Option<f64>,
    /// Show the parts that each score is made of.
    #[arg(short, long)]
    explain: bool,
    #[command(flatten)]
    at: InProject,
}

impl Recall {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut body = json!({ "query": self.query.join(" ") });
        given::put(&mut body, "memory_types", (!self.types.is_empty()).then_some(self.types));
        given::put(&mut body, "limit", self.limit);
        given::put(&mut body, "session_id", self.session);
        given::put(&mut body, "since", self.since.map(given::time));
        given::put(&mut body, "until", self.until.map(given::time));
        given::put(&mut body, "min_relevance", self.min_relevance);
        given::put(&mut body, "explain", self.explain.then_some(true));
        let mut found = self.at.find()?;
        given::put(&mut body, "project_id", Some(found.id.as_str()));
        let items = found.door.recall(body)?;
        let name = found.name.clone();
        found.answer(&items, |screen| match items.as_array().map(Vec::as_slice) {
            Some([]) | None => format!("nothing of {name} answers that\n"),
            Some(items) => table(items).drawn(screen),
        })
    }
}

/// Items, with their relevance where something was asked.
pub(super) fn table(items: &[Value]) -> Table {
    let asked = items.iter().any(|item| item.get("relevance").is_some());
    let first = if asked { "RELEVANCE" } else { "TIME" };
    let mut table =
        Table::new(&[Column::firm(first), Column::firm("TYPE"), Column::long("KEY"), Column::long("VALUE")]);
    for item in items {
        let first = match item.get("relevance").and_then(Value::as_f64) {
            Some(relevance) => {
                // As wide as the longest, so that the columns stand where they stand.
                let text = format!("{relevance:.2} {:<10}", screen::bar(relevance, BAR));
                Cell::styled(text, screen::style_of(relevance))
            }
            None => screen::minute(item, "timestamp").into(),
        };
        let key = Cell::styled(screen::field(item, "key"), Style::Key);
        table.row([first, screen::field(item, "type").into(), key, screen::field(item, "value").into()]);
        if let Some(why) = item.get("explain").and_then(Value::as_object) {
            explain(&mut table, why);
        }
    }
    table
}

/// The parts of a score that count, the largest first, and their sum.
fn explain(table: &mut Table, why: &serde_json::Map<String, Value>) {
    let mut parts: Vec<(&str, f64)> = why
        .iter()
        .filter(|(name, _)| *name != "score")
        .filter_map(|(name, share)| Some((name.as_str(), share.as_f64()?)))
        .filter(|(_, share)| share.abs() >= 0.005)
        .collect();
    parts.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    let largest = parts.first().map_or(1.0, |(_, share)| share.abs());
    for (name, share) in &parts {
        let bar = screen::bar(share.abs() / largest, BAR);
        table.note(format!("    {:<12}{share:>8.2}  {bar}", screen::printable(name)), Style::Dim);
    }
    if let Some(score) = why.get("score").and_then(Value::as_f64) {
        table.note(format!("    {:<12}{score:>8.2}", "score"), Style::Dim);
    }
    if let Some(missing) = why.get("transformer") {
        let why = screen::one_line(missing);
        table.note(format!("    the question has no vector: {why}"), Style::Doubtful);
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::screen::Screen;

    use super::*;

    #[test]
    fn the_parts_of_a_score_stand_below_their_item() {
        let items = json!([
            {"type": "error", "key": "login-500", "value": "refused\u{1b}[0m", "relevance": 0.5,
                "explain": {"lexical": 2.0, "vector": 8.0, "boost": -1.0, "link": 0.0, "score": 9.0}},
            {"type": "context", "key": "k", "value": {"a": 1}, "relevance": 0.05,
                "explain": {"score": 0.0, "transformer": "timed_out"}}
        ]);
        let text = table(items.as_array().unwrap()).drawn(Screen { width: None, colour: false });
        assert_eq!(
            text,
            "RELEVANCE        TYPE     KEY        VALUE\n\
             0.50 █████       error    login-500  refused\\u{1b}[0m\n\
             \u{20}   vector          8.00  ██████████\n\
             \u{20}   lexical         2.00  ██▌\n\
             \u{20}   boost          -1.00  █▎\n\
             \u{20}   score           9.00\n\
             0.05 ▌           context  k          {\"a\":1}\n\
             \u{20}   score           0.00\n\
             \u{20}   the question has no vector: timed_out\n"
        );
    }

    #[test]
    fn what_was_not_asked_for_has_a_time() {
        let items = [json!({"type": "error", "key": "k", "value": "v", "timestamp": "2026-03-02T09:12:00Z"})];
        let text = table(&items).drawn(Screen { width: None, colour: false });
        assert_eq!(text, "TIME              TYPE   KEY  VALUE\n2026-03-02 09:12  error  k    v\n");
    }
}
