//! `ai-pm openapi`.

use super::{Failure, say};

/// Prints the document as it is committed: indented, with a newline at its end.
pub(super) fn print() -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&crate::rest::openapi()).map_err(Failure::failed)?;
    say(text)
}
