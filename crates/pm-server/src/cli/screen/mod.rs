//! What people see: tables, bars and colours, made to fit the terminal; plain text where there is none.

mod table;
mod text;

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

pub(super) use self::table::{Cell, Column, Table};
pub(super) use self::text::{cut, printable};

use super::environment;
use super::failure::Failure;

/// No terminal is taken to be narrower.
const LEAST: usize = 20;

/// How a piece of text looks, where there are colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Style {
    #[default]
    Plain,
    Bold,
    Dim,
    Good,
    Doubtful,
    Bad,
    Key,
}

impl Style {
    /// The parameter of the escape sequence that begins it.
    fn sequence(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31",
            Self::Key => "36",
        }
    }
}

/// Where the output goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Screen {
    /// Columns of the terminal; `None`: nothing is cut.
    pub(super) width: Option<usize>,
    pub(super) colour: bool,
}

impl Screen {
    /// Standard output, as it is now.
    pub(super) fn of_stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        Self { width: columns(terminal), colour: colour(terminal, environment::of) }
    }

    /// Text in a style, if there are colours.
    pub(super) fn painted(self, text: &str, style: Style) -> String {
        if self.colour && style != Style::Plain && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", style.sequence())
        } else {
            text.to_owned()
        }
    }
}

/// Colours are for terminals: <https://no-color.org>, <https://bixense.com/clicolors>.
fn colour(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    if variable("NO_COLOR").is_some() {
        return false;
    }
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let able = variable("TERM").is_none_or(|term| term != "dumb")
        && variable("CLICOLOR").is_none_or(|value| value != "0");
    forced || (terminal && able)
}

/// Shells do not hand `COLUMNS` on by themselves: where it is there, somebody wants it.
fn columns(terminal: bool) -> Option<usize> {
    let given = environment::of("COLUMNS").and_then(|text| text.parse().ok());
    let found = given.or_else(|| if terminal { Some(of_the_terminal().unwrap_or(80)) } else { None });
    found.map(|columns: usize| columns.max(LEAST))
}

#[cfg(unix)]
fn of_the_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn of_the_terminal() -> Option<usize> {
    None
}

/// Writes text to standard output. One who has read enough (`| head`) is no failure.
pub(super) fn show(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes JSON to standard output, on one line.
pub(super) fn show_json(value: &Value) -> Result<(), Failure> {
    show(&format!("{value}\n"))
}

/// A share of 1 as a bar of so many cells, of eighths.
pub(super) fn bar(share: f64, cells: u8) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8 times a byte")]
    let eighths = (share * f64::from(cells) * 8.0).round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS.get(eighths % 8).copied().unwrap_or_default()
}

/// How sure one may be of this share.
pub(super) fn style_of(share: f64) -> Style {
    if share >= 0.5 {
        Style::Good
    } else if share >= 0.2 {
        Style::Doubtful
    } else {
        Style::Dim
    }
}

/// A value as people read it: text as it is, all else as JSON; on one line.
pub(super) fn one_line(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

/// A field of an object as people read it.
pub(super) fn field(object: &Value, name: &str) -> String {
    object.get(name).map(one_line).unwrap_or_default()
}

/// A time field to the minute, in UTC.
pub(super) fn minute(object: &Value, name: &str) -> String {
    let text = object.get(name).and_then(Value::as_str).unwrap_or_default();
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => printable(text),
    }
}

/// Bytes in the unit that suits them.
pub(super) fn bytes(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is shown to one decimal")]
    let mut shown = count as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if shown < 1024.0 {
            return if unit == "B" { format!("{count} B") } else { format!("{shown:.1} {unit}") };
        }
        shown /= 1024.0;
    }
    format!("{shown:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_the_environment_says_otherwise() {
        let with = |terminal: bool, set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(set, _)| *set == name);
            colour(terminal, |name| find(name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(with(true, &[]) && !with(false, &[]));
        assert!(!with(true, &[("NO_COLOR", "1")]) && !with(true, &[("TERM", "dumb")]));
        assert!(!with(true, &[("CLICOLOR", "0")]) && with(true, &[("TERM", "xterm")]));
        assert!(with(false, &[("CLICOLOR_FORCE", "1")]) && !with(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!with(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        let (plain, bright) = (Screen { width: None, colour: false }, Screen { width: None, colour: true });
        assert_eq!(plain.painted("a", Style::Bad), "a");
        assert_eq!(bright.painted("a", Style::Bad), "\u{1b}[31ma\u{1b}[0m");
        assert_eq!(bright.painted("a", Style::Plain), "a");
    }

    #[test]
    fn bars_end_in_eighths() {
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(1.0, 10), "██████████");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.99, 1), "█");
        assert_eq!(
            (bar(f64::NAN, 4), bar(-1.0, 4), bar(7.0, 2)),
            (String::new(), String::new(), "██".into())
        );
    }

    #[test]
    fn values_times_and_sizes_fit_a_line() {
        let item = serde_json::json!({"value": {"a": [1, "\u{9b}31m"]}, "at": "2026-03-02T09:12:33.5Z", "x": "l\n2"});
        assert_eq!(field(&item, "value"), "{\"a\":[1,\"\\u{9b}31m\"]}");
        assert_eq!((field(&item, "x"), field(&item, "none")), ("l 2".to_owned(), String::new()));
        assert_eq!(minute(&item, "at"), "2026-03-02 09:12");
        assert_eq!((bytes(1023), bytes(1536)), ("1023 B".to_owned(), "1.5 KiB".to_owned()));
        assert_eq!(bytes(u64::MAX), "16777216.0 TiB");
    }
}
