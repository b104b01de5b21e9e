//! What a check found.

use serde::Serialize;

use crate::cli::screen;

/// How it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    /// It could not be looked at, and that is no fault.
    Skipped,
    /// It works, and may not always.
    Warning,
    Failed,
}

impl Verdict {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
        }
    }
}

/// What a check found, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, detail: detail.into(), advice: None }
    }

    pub(super) fn skipped(check: &'static str, detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, ..Self::ok(check, detail) }
    }

    pub(super) fn warning(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, advice: Some(advice.into()), ..Self::ok(check, detail) }
    }

    pub(super) fn failed(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, ..Self::warning(check, detail, advice) }
    }

    /// What was found, on one line.
    pub(super) fn line(&self) -> String {
        screen::printable(&self.detail)
    }

    /// What to do, on one line.
    pub(super) fn advice_line(&self) -> Option<String> {
        self.advice.as_deref().map(screen::printable)
    }
}
