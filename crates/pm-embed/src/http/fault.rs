//! What went wrong with a call, and what follows from it.

use std::time::Duration;

use pm_core::error::Source;
use pm_core::ports::EmbedError;

/// What follows from a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The next try may succeed.
    Passing,
    /// It may pass, but not within a few tries.
    Lasting,
    /// It stays until the set-up is changed.
    Refused,
    /// It stays for these texts.
    Unsuitable,
}

/// Why a call has no vectors.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) what: String,
    /// How long the server wants to be left alone.
    pub(super) after: Option<Duration>,
    pub(super) source: Option<Source>,
}

impl Fault {
    fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), after: None, source: None }
    }

    pub(super) fn passing(what: impl Into<String>) -> Self {
        Self::new(Kind::Passing, what)
    }

    pub(super) fn lasting(what: impl Into<String>) -> Self {
        Self::new(Kind::Lasting, what)
    }

    pub(super) fn refused(what: impl Into<String>) -> Self {
        Self::new(Kind::Refused, what)
    }

    pub(super) fn unsuitable(what: impl Into<String>) -> Self {
        Self::new(Kind::Unsuitable, what)
    }

    pub(super) fn after(self, after: Option<Duration>) -> Self {
        Self { after, ..self }
    }

    pub(super) fn from(self, source: impl Into<Source>) -> Self {
        Self { source: Some(source.into()), ..self }
    }
}

impl From<Fault> for EmbedError {
    fn from(Fault { kind, what, source, .. }: Fault) -> Self {
        match kind {
            Kind::Passing | Kind::Lasting => Self::Unavailable { what, source },
            Kind::Refused => Self::Refused(what),
            Kind::Unsuitable => Self::Unsuitable(what),
        }
    }
}

/// The most characters of a stranger's words in a message.
const WORDS: usize = 200;

/// What a stranger said, on one line and not too long.
pub(super) fn words(text: &str) -> String {
    let text = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let text = text.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// An error with all that lies under it.
pub(super) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut parts: Vec<String> = chain.map(ToString::to_string).collect();
    // Some repeat what lies under them.
    parts.dedup_by(|under, over| over.contains(under.as_str()));
    words(&parts.join(": "))
}
