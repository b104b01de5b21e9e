//! `ai-pm config`.

use crate::config::Config;

/// Prints name, value and source of every setting, one on a line.
pub(super) fn print(config: &Config) {
    for setting in config.report() {
        println!("{}={} ({})", setting.name, setting.value, setting.source);
    }
}
