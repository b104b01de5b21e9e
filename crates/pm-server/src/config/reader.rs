//! Reads settings one by one, notes what is in force, and gathers what is wrong.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::faults::{Fault, Faults};
use super::names::{Shown, Spec};
use super::redis_url;
use super::sources::{Source, Sources};

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name, as the environment spells it.
    pub name: &'static str,
    /// The value as text on one line; a secret is `[set]`, nothing is `(none)`.
    pub value: String,
    /// Where the value came from.
    pub source: Source,
}

/// What a reader without a value answers: the fault is noted already.
pub(super) type Checked<T> = Option<T>;

/// What a parser answers: the value, or what to give instead.
pub(super) type Parsed<T> = Result<T, String>;

pub(super) struct Reader<'a> {
    sources: &'a Sources,
    faults: Vec<Fault>,
    settings: Vec<Setting>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self { sources, faults: sources.faults().to_vec(), settings: Vec::new() }
    }

    /// The settings read, or every fault found.
    pub(super) fn finish(self) -> Result<Vec<Setting>, Faults> {
        if self.faults.is_empty() { Ok(self.settings) } else { Err(Faults::new(self.faults)) }
    }

    /// Where the setting is given, if it is.
    pub(super) fn given(&self, spec: &Spec) -> Option<Source> {
        self.sources.find(spec.name).map(|(_, source)| source)
    }

    /// A setting with a default in the table.
    pub(super) fn value<T>(
        &mut self,
        spec: &'static Spec,
        parse: impl FnOnce(&str) -> Parsed<T>,
    ) -> Checked<T> {
        self.value_or(spec, spec.default.unwrap_or_default(), parse)
    }

    /// A setting whose default follows from others. The default is text too and passes the same check.
    pub(super) fn value_or<T>(
        &mut self,
        spec: &'static Spec,
        default: &str,
        parse: impl FnOnce(&str) -> Parsed<T>,
    ) -> Checked<T> {
        let (text, source) = self.sources.find(spec.name).unwrap_or((default, Source::Default));
        self.check(spec, text, source, parse)
    }

    /// A setting that may be left out. Also `None` where it is at fault.
    pub(super) fn optional<T>(
        &mut self,
        spec: &'static Spec,
        parse: impl FnOnce(&str) -> Parsed<T>,
    ) -> Option<T> {
        if let Some((text, source)) = self.sources.find(spec.name) {
            self.check(spec, text, source, parse)
        } else {
            self.settings.push(Setting {
                name: spec.name,
                value: "(none)".to_owned(),
                source: Source::Default,
            });
            None
        }
    }

    /// Notes a fault that shows only when settings are taken together.
    pub(super) fn fault(&mut self, spec: &Spec, what: impl Into<String>) {
        let source = self.given(spec).unwrap_or(Source::Default);
        self.faults.push(Fault::of_setting(spec.name, source, what));
    }

    fn check<T>(
        &mut self,
        spec: &'static Spec,
        text: &str,
        source: Source,
        parse: impl FnOnce(&str) -> Parsed<T>,
    ) -> Checked<T> {
        // A secret is taken to the letter: a blank at its end may be part of it.
        let text = if spec.shown == Shown::Hidden { text } else { text.trim() };
        match parse(text) {
            Ok(value) => {
                let value_shown = shown(spec, text);
                self.settings.push(Setting { name: spec.name, value: value_shown, source });
                Some(value)
            }
            Err(way_out) => {
                let what = match spec.shown {
                    Shown::Plain => format!("{} is not accepted: {way_out}", quoted(text)),
                    Shown::Hidden | Shown::MaskedUrl => way_out,
                };
                self.faults.push(Fault::of_setting(spec.name, source, what));
                None
            }
        }
    }
}

/// The value as a report may show it: on one line, with no secret in it.
fn shown(spec: &Spec, text: &str) -> String {
    match spec.shown {
        Shown::Plain if text.is_empty() => "(none)".to_owned(),
        Shown::Plain => one_line(text),
        Shown::Hidden => "[set]".to_owned(),
        Shown::MaskedUrl => redis_url::masked(text),
    }
}

/// Escapes control characters, so that a value cannot break the line or drive the terminal.
fn one_line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}

/// The value between quotes, cut where it is long.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    let shortened: String = text.chars().take(LONGEST).collect();
    let dots = if shortened.len() < text.len() { "..." } else { "" };
    format!("\"{}{dots}\"", one_line(&shortened))
}

/// A parser for a whole number within bounds; the fault states them and `note`.
pub(super) fn number<T>(range: RangeInclusive<T>, note: &'static str) -> impl Fn(&str) -> Parsed<T>
where
    T: FromStr + PartialOrd + Display,
{
    move |text| {
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            format!("give a whole number from {least} to {most}{note}")
        })
    }
}

/// A parser for one word of a few, whatever its case; the fault lists the first word for each.
pub(super) fn one_of<T: Copy>(words: &[(&'static str, T)]) -> impl Fn(&str) -> Parsed<T> {
    move |text| {
        let found = words.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("give one of {}", list.join(", "))
        })
    }
}

/// A yes or no.
pub(super) fn boolean(text: &str) -> Parsed<bool> {
    one_of(&[("true", true), ("false", false), ("1", true), ("0", false), ("yes", true), ("no", false)])(text)
}

/// The parts of a list that is written with commas; blanks around a part and empty parts are dropped.
pub(super) fn list<T>(text: &str, parse: impl Fn(&str) -> Parsed<T>) -> Parsed<Vec<T>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect()
}
