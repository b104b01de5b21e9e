//! `ai-pm config`.

use super::{Failure, say};
use crate::config::Config;

/// Prints name, value and source of every setting, one on a line.
pub(super) fn print(config: &Config) -> Result<(), Failure> {
    config
        .report()
        .iter()
        .try_for_each(|setting| say(format_args!("{}={} ({})", setting.name, setting.value, setting.source)))
}
