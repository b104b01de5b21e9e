//! Why a command failed: an exit code for scripts, a code for machines, a text for people.

use std::fmt::{Display, Write};

use pm_core::Error;
use pm_core::input::{FieldError, Invalid};
use serde_json::{Value, json};

use super::given;
use super::screen::printable;

/// Codes that say no more than the exit code does: a line for people leaves them out.
const PLAIN: [&str; 3] = ["failed", "usage", "configuration"];

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: u8,
    pub(super) code: String,
    pub(super) message: String,
    /// What is wrong field by field, where that is known.
    pub(super) errors: Vec<FieldError>,
}

impl Failure {
    /// It was used wrongly.
    pub(super) fn usage(message: impl Display) -> Self {
        Self::coded("usage", message)
    }

    /// What is configured is wrong.
    pub(super) fn configuration(message: impl Display) -> Self {
        Self::coded("configuration", message)
    }

    /// It was right, and failed.
    pub(super) fn failed(message: impl Display) -> Self {
        Self::coded("failed", message)
    }

    /// A failure with a code of the API, or one of its own.
    pub(super) fn coded(code: &str, message: impl Display) -> Self {
        // What the API refuses for its form is what this command was given.
        let exit = match code {
            "usage" | "configuration" | "validation_error" | "malformed_json" | "malformed_request" => 2,
            _ => 1,
        };
        Self { exit, code: code.to_owned(), message: message.to_string(), errors: Vec::new() }
    }

    /// There is no project of that name or id.
    pub(super) fn no_project(named: &str) -> Self {
        let way_out = "`ai-pm projects` lists them, `ai-pm projects create NAME` makes one";
        Self::coded("project_not_found", format!("there is no project {named:?}: {way_out}"))
    }

    /// Writes it to standard error.
    pub(super) fn tell(&self, as_json: bool) {
        if as_json {
            super::tell(self.json());
        } else {
            super::tell(format_args!("ai-pm: {}", self.text()));
        }
    }

    fn text(&self) -> String {
        // What a server says, or what was stored, must not drive the terminal either.
        let mut text = if PLAIN.contains(&self.code.as_str()) {
            self.message.lines().map(printable).collect::<Vec<_>>().join("\n")
        } else {
            printable(&format!("{}: {}", self.code, self.message))
        };
        if self.errors.len() > 1 {
            for FieldError { field, message } in &self.errors {
                // Writing to a string does not fail.
                let _ = write!(text, "\n  {}: {}", printable(field), printable(message));
            }
        }
        text
    }

    fn json(&self) -> Value {
        let mut value = json!({ "code": self.code, "detail": self.message });
        if !self.errors.is_empty() {
            let error = |error: &FieldError| json!({ "field": error.field, "message": error.message });
            given::put(&mut value, "errors", Some(self.errors.iter().map(error).collect::<Value>()));
        }
        value
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(invalid) => invalid.into(),
            // Who sits at the machine may know what lies under it.
            Error::StoreUnavailable(_) | Error::Internal(_) => {
                let under = std::error::Error::source(&error).map(ToString::to_string);
                Self::coded(error.code(), format!("{error}: {}", under.unwrap_or_default()))
            }
            other => Self::coded(other.code(), &other),
        }
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        let mut errors = invalid.0;
        for error in &mut errors {
            if error.field.is_empty() {
                "body".clone_into(&mut error.field);
            }
        }
        let message = match errors.as_slice() {
            [one] => format!("{} {}", one.field, one.message),
            several => format!("{} fields are not valid: see errors", several.len()),
        };
        Self { errors, ..Self::coded("validation_error", message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_the_code_of_the_api_and_every_field() {
        let failure = Failure::from(Error::ProjectArchived);
        assert!(failure.text().starts_with("project_archived: the project is archived"), "{failure:?}");
        assert_eq!(failure.exit, 1);
        let mut faults = Invalid::field("key", "is missing");
        let one = Failure::from(faults.clone());
        assert_eq!((one.exit, one.text().as_str()), (2, "validation_error: key is missing"));
        faults.0.extend(Invalid::here("is odd").0);
        let two = Failure::from(faults);
        assert_eq!(
            two.text(),
            "validation_error: 2 fields are not valid: see errors\n  key: is missing\n  body: is odd"
        );
        assert_eq!(two.json()["errors"][1], json!({"field": "body", "message": "is odd"}));
        let hostile = Failure::coded("odd\u{1b}c", "one\ntwo\u{1b}[2J\u{202e}");
        assert_eq!(hostile.text(), "odd\\u{1b}c: one two\\u{1b}[2J\\u{202e}");
        let hostile = Failure {
            errors: vec![FieldError { field: "\u{7}".into(), message: "\u{9b}".into() }; 2],
            ..hostile
        };
        assert!(hostile.text().ends_with("\n  \\u{7}: \\u{9b}"), "{hostile:?}");
        assert_eq!(Failure::configuration("a\nb\u{1b}").text(), "a\nb\\u{1b}");
        let plain = Failure::usage("wrong");
        assert_eq!((plain.exit, plain.text().as_str()), (2, "wrong"));
        assert_eq!(plain.json(), json!({"code": "usage", "detail": "wrong"}));
    }
}
