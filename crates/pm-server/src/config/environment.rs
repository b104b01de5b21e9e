//! What the process is run for.

use super::names;
use super::reader::{Checked, Reader, one_of};

/// What the process is run for; production is strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine: open by default, logs for people.
    Development,
    /// Under a test.
    Test,
    /// For real: callers must authenticate, logs are JSON, the key must be a good one.
    Production,
}

impl Environment {
    /// Whether the strict rules hold.
    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Environment> {
    reader.value(
        &names::ENVIRONMENT,
        one_of(&[
            ("development", Environment::Development),
            ("test", Environment::Test),
            ("production", Environment::Production),
        ]),
    )
}
