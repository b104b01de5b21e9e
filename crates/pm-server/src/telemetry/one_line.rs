//! A log line for people, which is always one line.
//!
//! `tracing-subscriber` escapes the terminal's control sequences in values, but lets line feeds through in messages and
//! in fields that are recorded by `Display`: what a stranger sends could forge a line. Here every control character of
//! a value is escaped, and so are the line separators of Unicode.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write};

use jiff::Timestamp;
use pm_core::ports::{Clock, SystemClock};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// `time LEVEL target: span{fields}: message fields`.
pub(super) struct OneLine;

impl<S, N> FormatEvent<S, N> for OneLine
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write_time(&mut writer, SystemClock.now())?;
        let metadata = event.metadata();
        let level = metadata.level();
        if writer.has_ansi_escapes() {
            write!(writer, " \u{1b}[{}m{level:>5}\u{1b}[0m", colour(*level))?;
        } else {
            write!(writer, " {level:>5}")?;
        }
        write!(writer, " {}: ", metadata.target())?;
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            writer.write_str(span.name())?;
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>().filter(|it| !it.is_empty()) {
                write!(writer, "{{{fields}}}")?;
            }
            writer.write_str(": ")?;
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

thread_local! {
    /// The last second of which a line told, and how it is written: most lines tell of the same as the one before.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// Writes a time of RFC 3339 in UTC, to the microsecond.
fn write_time(writer: &mut impl Write, time: Timestamp) -> fmt::Result {
    // Those before 1970 have parts of a second below 0.
    let micros = time.as_microsecond();
    let (second, mut rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000).unsigned_abs());
    SECOND.with_borrow_mut(|(last, text)| {
        if *last != second {
            text.clear();
            write!(text, "{}", Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH))?;
            // Its `Z`.
            text.pop();
            *last = second;
        }
        writer.write_str(text)
    })?;
    let mut digits = *b".000000Z";
    for digit in digits.iter_mut().skip(1).take(6).rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    writer.write_str(std::str::from_utf8(&digits).unwrap_or_default())
}

/// How fields are written: `name=value`, the message bare, all on one line and without colours.
pub(super) struct Fields;

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut pairs = Pairs { writer, first: true, outcome: Ok(()) };
        fields.record(&mut pairs);
        pairs.outcome
    }
}

/// Writes fields one after the other. What most lines are made of, short texts and numbers, does without the machinery of
/// formatting.
struct Pairs<'writer> {
    writer: Writer<'writer>,
    first: bool,
    outcome: fmt::Result,
}

impl Pairs<'_> {
    fn pair(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            self.outcome = self.name(field).and_then(|()| value(&mut self.writer));
        }
    }

    fn name(&mut self, field: &Field) -> fmt::Result {
        if !std::mem::take(&mut self.first) {
            self.writer.write_char(' ')?;
        }
        if field.name() != "message" {
            self.writer.write_str(field.name())?;
            self.writer.write_char('=')?;
        }
        Ok(())
    }
}

impl Visit for Pairs<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Quotes, and what else has to be escaped inside of them, is not plain.
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        if value.bytes().all(plain) {
            self.pair(field, |writer| {
                writer.write_char('"')?;
                writer.write_str(value)?;
                writer.write_char('"')
            });
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.pair(field, |writer| write!(writer, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.pair(field, |writer| write!(Escaped(writer), "{value:?}"));
    }
}

/// Passes text on with its control characters and line separators escaped.
struct Escaped<'a, 'writer>(&'a mut Writer<'writer>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(breaks_line) {
            let end = part.char_indices().next_back().filter(|(_, c)| breaks_line(*c));
            match end {
                Some((at, c)) => {
                    self.0.write_str(part.get(..at).unwrap_or_default())?;
                    write!(self.0, "{}", c.escape_default())?;
                }
                None => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_has_it() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_500_000, "1970-01-01T00:00:01.500000Z"),
            (1_000_007, "1970-01-01T00:00:01.000007Z"),
            (1_795_824_673_389_756, "2026-11-28T00:11:13.389756Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            let mut written = String::new();
            write_time(&mut written, Timestamp::from_microsecond(micros).unwrap()).unwrap();
            assert_eq!(written, text);
        }
    }
}
