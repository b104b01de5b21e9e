//! The tools of others that our commands need, kept out of the developer's own places.

use std::path::PathBuf;
use std::process::Stdio;

use crate::process::{self, Done, Failure};

/// The directory that cargo builds in: this program lies two levels below it.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(Failure::failed)?;
    let target = program.ancestors().nth(2).ok_or_else(|| Failure::failed("cannot tell where target/ is"))?;
    Ok(target.to_owned())
}

/// Where tools are installed.
pub(crate) fn directory() -> Result<PathBuf, Failure> {
    Ok(target()?.join("tools"))
}

/// `program` if it is on the path or has been installed at one of `places` below [`directory`].
pub(crate) fn find(program: &str, places: &[&str]) -> Result<Option<String>, Failure> {
    if process::answers(program, &["--version"]) {
        return Ok(Some(program.to_owned()));
    }
    let directory = directory()?;
    let installed = places.iter().map(|place| directory.join(place).to_string_lossy().into_owned());
    Ok(installed.into_iter().find(|path| process::answers(path, &["--version"])))
}

/// Installs packages of the system, by apt-get as root; elsewhere it is said what `needs` them, and what can be done
/// beside installing them.
pub(crate) fn packages_installed(missing: &[&str], needs: &str, or: &str) -> Done {
    let names = missing.join(" ");
    let is_root = || process::output(&mut process::command("id", ["-u"])).is_ok_and(|id| id.trim() == "0");
    if !process::answers("apt-get", &["--version"]) || !is_root() {
        let way = format!("install it (Debian: apt-get install {names}){or}");
        return Err(Failure::failed(format!("{needs} what is not there: {names}; {way}")));
    }
    eprintln!("not there, and installed by apt-get: {names}");
    process::run(&mut process::command("apt-get", ["update", "-qq"]))?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    let mut install = process::command("apt-get", install.into_iter().chain(missing.iter().copied()));
    // What apt-get says of each package goes nowhere.
    let done = install.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    process::run(done)
        .map_err(|_| Failure::failed(format!("apt-get could not install {names}: it says why above")))
}

/// Builds and installs the crate `name` below [`directory`], in `bin`.
pub(crate) fn cargo_install(name: &str, version: &str, more: &[&str]) -> Result<String, Failure> {
    let directory = directory()?;
    eprintln!("{name} is not installed: it is built into {}, which takes some minutes", directory.display());
    let mut install = process::command("cargo", ["install", name, "--version", version, "--locked"]);
    install.args(more).arg("--root").arg(&directory);
    process::run(&mut install)
        .map_err(|_| Failure::failed(format!("{name} could not be installed: see above")))?;
    Ok(directory.join("bin").join(name).to_string_lossy().into_owned())
}
