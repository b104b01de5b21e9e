//! Faults in what was sent, by field.

use std::fmt;

/// One fault: the field it is in and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field, such as `metadata.tags` or `items[3].key`; empty for the whole.
    pub field: String,
    /// The value's fault and the way out, as a sentence without the field's name.
    pub message: String,
}

/// Every fault found in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// A fault of the value at hand; who knows its name adds it with [`Invalid::within`].
    pub fn here(message: impl Into<String>) -> Self {
        Self(vec![FieldError { field: String::new(), message: message.into() }])
    }

    /// A fault of the named field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// The same faults, seen from the thing that holds `outer`.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        for error in &mut self.0 {
            error.field = match error.field.as_str() {
                "" => outer.to_owned(),
                inner if inner.starts_with('[') => format!("{outer}{inner}"),
                inner => format!("{outer}.{inner}"),
            };
        }
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, FieldError { field, message }) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            let colon = if field.is_empty() { "" } else { ": " };
            write!(f, "{separator}{field}{colon}{message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}
