//! What is wrong with the configuration, all of it.

use std::fmt;

use super::sources::Source;

/// One thing that is wrong: where, what, and the way out. It never carries a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    subject: String,
    source: Option<Source>,
    what: String,
}

impl Fault {
    /// A fault of a setting.
    pub(super) fn of_setting(name: &str, source: Source, what: impl Into<String>) -> Self {
        Self { subject: name.to_owned(), source: Some(source), what: what.into() }
    }

    /// A fault of a file, or of a line of it.
    pub(super) fn of_file(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { subject: place.into(), source: None, what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Some(source) => write!(f, "{} ({source}): {}", self.subject, self.what),
            None => write!(f, "{}: {}", self.subject, self.what),
        }
    }
}

/// Every fault found; `Display` gives one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// A section gave up without saying why: a mistake in this module, kept from becoming a panic.
    pub(super) fn unexplained() -> Self {
        Self(vec![Fault::of_file("configuration", "a default does not pass its own check")])
    }

    /// The faults in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
