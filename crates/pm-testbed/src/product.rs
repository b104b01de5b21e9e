//! The two products, and where their programs are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A server that speaks the protocol of Redis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// Redis, 7.0 or later.
    Redis,
    /// Valkey, as `cargo xtask test` installs it. It is built without TLS.
    Valkey,
}

impl Product {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Redis, Self::Valkey];

    /// The program of the server.
    pub(crate) fn program(self) -> PathBuf {
        let (name, variable) = match self {
            Self::Redis => ("redis-server", "AI_PM_REDIS_SERVER"),
            Self::Valkey => ("valkey-server", "AI_PM_VALKEY_SERVER"),
        };
        let found = match (setting(variable), self) {
            (Some(named), _) => Some(PathBuf::from(named)).filter(|path| path.is_file()),
            (None, Self::Redis) => on_the_path(name),
            (None, Self::Valkey) => installed(name),
        };
        let Some(found) = found else {
            panic!("{name} is not there: `cargo xtask test` installs it, or {variable} names the program");
        };
        found
    }
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    let path = setting("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// What `cargo xtask` put into `tools` of the directory that cargo builds in. The program that runs lies somewhere
/// below that directory, whatever it is called; the examples of the documents alone run elsewhere.
fn installed(name: &str) -> Option<PathBuf> {
    let running = std::env::current_exe().unwrap_or_default();
    let named = setting("CARGO_TARGET_DIR").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let targets = running.ancestors().skip(1).map(Path::to_owned).chain(named).chain([usual]);
    targets.map(|target| target.join("tools/bin").join(name)).find(|program| program.is_file())
}

#[expect(clippy::disallowed_methods, reason = "settings of the tests, no settings of the server")]
fn setting(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_there() {
        for product in Product::ALL {
            assert!(product.program().is_file(), "{product:?}");
        }
    }
}
