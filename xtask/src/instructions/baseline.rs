//! The counts that are committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use toml::Table;

use crate::process::{self, Done, Failure};

const FILE: &str = "crates/pm-paths/instructions.toml";
const HEAD: &str =
    "# Instructions that each hot path takes, once: `cargo xtask instructions --update` writes this.\n";

/// The counts that are committed, by the names of their paths.
pub(super) struct Baseline(BTreeMap<String, u64>);

impl Baseline {
    /// As they are; none where there is no file yet.
    pub(super) fn read() -> Result<Self, Failure> {
        match fs::read_to_string(path()) {
            Ok(text) => Self::parse(&text).ok_or_else(|| Failure::failed(format!("{FILE} is broken"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self(BTreeMap::new())),
            Err(error) => Err(Failure::failed(format!("{FILE}: {error}"))),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let count = |(name, count): (String, toml::Value)| {
            let count = u64::try_from(count.as_integer()?).ok().filter(|count| *count > 0);
            Some((name, count?))
        };
        text.parse::<Table>().ok()?.into_iter().map(count).collect::<Option<_>>().map(Self)
    }

    pub(super) fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    pub(super) fn set(&mut self, name: &str, count: u64) {
        self.0.insert(name.to_owned(), count);
    }

    pub(super) fn write(&self) -> Done {
        fs::write(path(), self.text()).map_err(|error| Failure::failed(format!("{FILE}: {error}")))?;
        eprintln!("{FILE} has these now");
        Ok(())
    }

    fn text(&self) -> String {
        let lines = self.0.iter().map(|(name, count)| format!("{name} = {count}\n"));
        [HEAD.to_owned()].into_iter().chain(lines).collect()
    }
}

fn path() -> PathBuf {
    process::root().join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut baseline = Baseline::parse("# Counts.\nget = 7\n").unwrap();
        baseline.set("recall-large", 123_456_789);
        let again = Baseline::parse(&baseline.text()).unwrap();
        let counts = ["get", "recall-large", "store"].map(|name| again.get(name));
        assert_eq!(counts, [Some(7), Some(123_456_789), None]);
    }

    #[test]
    fn what_is_no_count_is_refused() {
        for broken in ["get = 'x'", "get = 0", "get = -7", "get"] {
            assert!(Baseline::parse(broken).is_none(), "{broken}");
        }
    }
}
