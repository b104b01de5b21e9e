//! `cargo xtask schemathesis`: what others make of `openapi.json`. Requests that it allows and that it forbids are sent to a
//! running server, and every answer is held to it (<https://schemathesis.io>).

use std::fs;

use crate::process::{self, Done, Failure};
use crate::server::Server;
use crate::tool;

const VERSION: &str = "4.32.5";
/// What is not as it expects, with the reasons.
const CONFIGURATION: &str = "xtask/schemathesis.toml";
/// The same requests in every run: what fails here fails everywhere.
const SEED: &str = "1";

/// Runs it against a server of its own.
pub(crate) fn run(arguments: &[String]) -> Done {
    if !arguments.is_empty() {
        return Err(Failure::usage("takes no arguments"));
    }
    let packages = tool::directory()?.join("schemathesis");
    let program = packages.join("bin/schemathesis");
    let at = |mut command: std::process::Command| {
        command.env("PYTHONPATH", &packages);
        command
    };
    let installed = process::output(&mut at(process::command(&program.to_string_lossy(), ["--version"])));
    if !installed.is_ok_and(|version| version.trim().ends_with(VERSION)) {
        eprintln!("schemathesis is not installed: it is fetched from PyPI into {}", packages.display());
        let package = format!("schemathesis=={VERSION}");
        let pip = ["-m", "pip", "install", "--quiet", "--upgrade", &package, "--target"];
        process::run(process::command("python3", pip).arg(&packages)).map_err(|_| {
            Failure::failed(
                "pip could not fetch it: Python 3.10 or later and pip are needed (Debian: python3-pip)",
            )
        })?;
    }
    let build = ["build", "--quiet", "--locked", "-p", "pm-server"];
    process::run(&mut process::command("cargo", build))?;
    let binary = tool::target()?.join("debug/ai-pm");
    let folder = tool::target()?.join("schemathesis");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
    let mut create =
        process::command(&binary.to_string_lossy(), ["key", "create", "test", "--scope", "admin"]);
    let key = process::output(create.env("DATA_DIR", folder.join("data")).current_dir(&folder))?;
    let settings =
        [("AUTH_REQUIRED", "true"), ("ENVIRONMENT", "test"), ("EMBEDDER", "static"), ("LOG_LEVEL", "INFO")];
    let server = Server::start(&binary, &folder, &settings)?;
    let header = format!("X-API-Key: {}", key.trim());
    let [configuration, document] = [CONFIGURATION, "openapi.json"].map(|file| process::root().join(file));
    let (configuration, document) = (configuration.to_string_lossy(), document.to_string_lossy());
    let url = server.url();
    let arguments = [
        "--config-file",
        &configuration,
        "run",
        &document,
        "--url",
        &url,
        "--header",
        &header,
        "--seed",
        SEED,
    ];
    // It leaves what it remembers where it is run.
    process::run(at(process::command(&program.to_string_lossy(), arguments)).current_dir(&folder))
}
