//! Where settings come from, and which source wins.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use super::faults::Fault;
use super::{dotenv, names, toml_file};

/// Where the value of a setting came from; an earlier one wins over a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A flag of the command line.
    CommandLine,
    /// The environment of the process.
    Environment,
    /// The file `.env` in the working directory.
    DotEnv,
    /// The file `ai-pm.toml` in the working directory.
    Toml,
    /// Nothing set it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommandLine => "command line",
            Self::Environment => "environment",
            Self::DotEnv => dotenv::FILE,
            Self::Toml => toml_file::FILE,
            Self::Default => "default",
        })
    }
}

/// Names as the environment spells them, with their values as text.
pub(super) type Layer = BTreeMap<String, String>;

/// The layers that a configuration is read from.
///
/// It holds secrets, so it has no `Debug`.
#[derive(Clone, Default)]
pub struct Sources {
    overrides: Layer,
    environment: Layer,
    dotenv: Layer,
    toml: Layer,
    faults: Vec<Fault>,
}

impl Sources {
    /// What the process was started with: its environment, and the two files of the working directory.
    pub fn from_process() -> Self {
        let mut faults = Vec::new();
        let environment = environment(&mut faults);
        let dotenv = file(dotenv::FILE, &mut faults);
        let toml = file(toml_file::FILE, &mut faults);
        let mut sources = Self::new(environment, dotenv.as_deref(), toml.as_deref());
        sources.faults.extend(faults);
        sources
    }

    /// An environment, and the contents of a `.env` and of an `ai-pm.toml`, where there are any.
    pub fn new(environment: BTreeMap<String, String>, dotenv: Option<&str>, toml: Option<&str>) -> Self {
        let mut faults = Vec::new();
        let dotenv = dotenv.map(|text| dotenv::parse(text, &mut faults)).unwrap_or_default();
        let toml = toml.map(|text| toml_file::parse(text, &mut faults)).unwrap_or_default();
        Self { overrides: Layer::new(), environment, dotenv, toml, faults }
    }

    /// The same sources with one setting given on the command line, which wins over all others.
    #[must_use]
    pub fn with_override(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.overrides.insert(name.into(), value.into());
        self
    }

    /// The value in force, as written. An empty or blank value counts as not set.
    pub(super) fn find(&self, name: &str) -> Option<(&str, Source)> {
        [
            (&self.overrides, Source::CommandLine),
            (&self.environment, Source::Environment),
            (&self.dotenv, Source::DotEnv),
            (&self.toml, Source::Toml),
        ]
        .into_iter()
        .filter_map(|(layer, source)| Some((layer.get(name)?.as_str(), source)))
        .find(|(text, _)| !text.trim().is_empty())
    }

    /// What was wrong with the sources themselves.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// The settings among the variables of the process. The only place that reads the environment.
fn environment(faults: &mut Vec<Fault>) -> Layer {
    let mut layer = Layer::new();
    for spec in names::ALL {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let found = std::env::var_os(spec.name);
        match found.map(std::ffi::OsString::into_string) {
            Some(Ok(value)) => {
                layer.insert(spec.name.to_owned(), value);
            }
            Some(Err(_)) => {
                faults.push(Fault::of_setting(
                    spec.name,
                    Source::Environment,
                    "is not UTF-8; write it in UTF-8",
                ));
            }
            None => {}
        }
    }
    layer
}

/// The contents of a file that need not be there.
fn file(name: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match std::fs::read(Path::new(name)) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| faults.push(Fault::of_file(name, "is not UTF-8; save it in UTF-8")))
            .ok(),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            faults.push(Fault::of_file(
                name,
                format!("cannot be read: {error}; make it readable or remove it"),
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_missing_but_not_unreadable() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let mut faults = Vec::new();
        assert_eq!(file(&path("none"), &mut faults), None);
        assert_eq!(faults, []);
        std::fs::write(path("latin1"), b"A=\xe9").unwrap();
        for name in [path("latin1"), path("")] {
            assert_eq!(file(&name, &mut faults), None);
            assert!(faults.pop().unwrap().to_string().starts_with(&name));
        }
    }
}
