//! `ai-pm mcp`: the door for coding agents, over standard input and output.

mod relay;

use super::door::Way;
use super::failure::Failure;
use crate::compose::{self, Absent, ComposeError};
use crate::config::Config;
use crate::{server, telemetry, workspace};

/// Serve coding agents over standard input and output, by the Model Context Protocol.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ai-pm mcp                                       over the store of this folder's settings
  ai-pm mcp --project shop                        calls that name no project mean this one
  AI_PM_API_KEY=aipm_... ai-pm mcp --server https://pm.example.com

A client starts it: docs/mcp.md has what to write into the settings of the common ones. Without --project, AI_PM_PROJECT
names the project, else the git remote of the working folder. Standard output carries the protocol alone; the log goes to
standard error.")]
pub(super) struct Mcp {
    /// The project that calls mean which name none.
    #[arg(long, short, value_name = "NAME|ID")]
    project: Option<String>,
    #[command(flatten)]
    way: Way,
}

pub(super) fn run(mcp: Mcp) -> Result<(), Failure> {
    let project = workspace::default_project(mcp.project.as_deref());
    if mcp.way.is_server() {
        relay::run(mcp.way, project.as_deref())
    } else {
        serve(&super::load()?, project)
    }
}

fn serve(config: &Config, project: Option<String>) -> Result<(), Failure> {
    let _logs = telemetry::logs::init(&config.log).map_err(Failure::usage)?;
    let runtime = super::runtime()?;
    let served = runtime.block_on(async {
        let (ports, operations) = compose::open(config, Absent::Fail).await.map_err(unopened)?;
        server::serve_agents(config, ports, operations, project).await.map_err(Failure::failed)
    });
    // A read of standard input that nobody ends is not waited for.
    runtime.shutdown_background();
    served
}

/// Why the store is not opened, with the way out.
fn unopened(error: ComposeError) -> Failure {
    if error.is_held() {
        Failure::failed(format!(
            "{error}; or have calls passed on to it, by --server URL where it is a server"
        ))
    } else {
        Failure::failed(error)
    }
}
