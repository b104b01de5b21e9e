//! What went wrong, told so that an agent can go on: the same codes as the REST API's, and what to do next.

use pm_core::Error;
use pm_core::input::{FieldError, Invalid};
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use super::answer::put;

/// Why a call did not do what was asked.
#[derive(Debug)]
pub(super) struct Fault {
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
}

impl Fault {
    /// A fault of this code; `detail` is a sentence for people and agents.
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new() }
    }

    /// Its code.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// The same, said otherwise.
    pub(super) fn with_detail(self, detail: String) -> Self {
        Self { detail, ..self }
    }

    /// It as the result of a tool, which the agent gets to read.
    pub(super) fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::error(vec![ContentBlock::text(self.text())]);
        result.structured_content = Some(json!({ "error": self.json() }));
        result
    }

    fn text(&self) -> String {
        let next = self.next().map(|next| format!("\nNext: {next}")).unwrap_or_default();
        format!("{}: {}{next}", self.code, self.detail)
    }

    fn json(&self) -> Value {
        let mut error = json!({ "code": self.code, "detail": self.detail });
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(|it| json!({ "field": it.field, "message": it.message }));
            put(&mut error, "errors", errors.collect::<Vec<_>>());
        }
        if let Some(next) = self.next() {
            put(&mut error, "next", next);
        }
        error
    }

    /// What the agent can do about it.
    fn next(&self) -> Option<&'static str> {
        Some(match self.code {
            "project_not_found" => {
                "call `projects` to see which there are; `remember` makes the project that it names"
            }
            "memory_not_found" => "call `recall` to find the key; mind its type",
            "memory_limit_reached" => "`forget` what is out of date, then try again",
            "project_archived" => {
                "ask the user whether the project is to be active again, or use another project"
            }
            "similar_exists" => "`remember` under that key, or leave `unless_similar` out",
            "validation_error" => "mend the fields that are named and call again",
            "forbidden" => "this credential may not do that: ask the user for one that may",
            "store_unavailable" => "nothing is known to be written: call again in a few seconds",
            "conflict" => "others write the same: call again",
            _ => return None,
        })
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(invalid) => invalid.into(),
            Error::StoreUnavailable(_) => {
                tracing::error!(causes = causes(&error), "the store does not answer an agent");
                Self::new(error.code(), "the store does not answer")
            }
            Error::Internal(_) => {
                tracing::error!(causes = causes(&error), "an agent's call failed");
                Self::new(error.code(), "something went wrong on our side: the log has it")
            }
            error => Self::new(error.code(), error.to_string()),
        }
    }
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self { detail: invalid.to_string(), errors: invalid.0, code: "validation_error" }
    }
}

/// What is no tool answers by an error of the protocol.
impl From<Fault> for ErrorData {
    fn from(fault: Fault) -> Self {
        let data = Some(fault.json());
        let text = fault.text();
        match fault.code {
            "project_not_found" | "memory_not_found" => Self::resource_not_found(text, data),
            "internal_error" | "store_unavailable" => Self::internal_error(text, data),
            _ => Self::invalid_params(text, data),
        }
    }
}

/// An error with all that lies under it.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_to_do_next() {
        let text = Fault::from(Error::ProjectNotFound).text();
        assert!(
            text.starts_with("project_not_found: ") && text.contains("\nNext: call `projects`"),
            "{text}"
        );
        let fault = Fault::from(Invalid::field("query", "is missing"));
        assert_eq!(fault.json()["errors"], json!([{ "field": "query", "message": "is missing" }]));
    }

    #[test]
    fn nothing_from_the_inside_is_told() {
        let fault = Fault::from(Error::internal("password=hunter2"));
        assert!(!fault.text().contains("hunter2") && !fault.json().to_string().contains("hunter2"));
    }
}
