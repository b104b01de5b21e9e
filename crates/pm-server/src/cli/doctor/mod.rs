//! `ai-pm doctor`: what is wrong with this installation, and what to do about it. It changes nothing.

mod clock;
mod finding;
mod machine;
mod models;
mod permissions;
mod settings;
mod store;

use std::time::Duration;

use serde_json::json;

use self::finding::{Finding, Verdict};
use super::address;
use super::chosen::answer;
use super::door::{Health, Patience, Server};
use super::failure::Failure;
use super::screen::{Cell, Column, Screen, Style, Table};
use crate::config::{Config, Sources};

/// How long the server of this machine may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(3);

const EXAMPLES: &str = "\
Examples:
  ai-pm doctor
  ai-pm doctor --json | jq '.findings[] | select(.verdict != \"ok\")'";

/// Check configuration, store, models, clock, limits, permissions and disk, and say what to do about each finding. It reads
/// only, also while a server runs. Exit code 1 where something fails.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// Print JSON, on one line.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> Result<(), Failure> {
        let findings = findings()?;
        let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Failed).count();
        let value = json!({ "healthy": failed == 0, "findings": findings });
        answer(self.json, &value, |screen| shown(&findings, screen))?;
        match failed {
            0 => Ok(()),
            n => Err(Failure::coded("unhealthy", format!("{n} of {} checks failed", findings.len()))),
        }
    }
}

fn findings() -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let config = match Config::load(&Sources::from_process()) {
        Ok(config) => config,
        Err(faults) => {
            findings.extend(faults.iter().map(settings::fault));
            findings.push(clock::year());
            findings.push(machine::open_files());
            return Ok(findings);
        }
    };
    let server = running(&config);
    findings.extend(settings::check(&config));
    findings.push(settings::server(server.as_ref()));
    let runtime = super::runtime()?;
    let examined = runtime.block_on(store::check(&config, &mut findings));
    findings.push(runtime.block_on(models::check(&config)));
    findings.push(clock::year());
    findings.extend(clock::beside(examined.time, server.as_ref()));
    findings.push(machine::open_files());
    findings.extend(permissions::check(&config));
    findings.extend(machine::disk(&config));
    runtime.shutdown_background();
    Ok(findings)
}

/// What the server of this configuration says of itself, if one runs.
fn running(config: &Config) -> Option<Health> {
    let url = address::of_the_server(config)?;
    let server = Server::new(&url, None, None, Patience { request: PATIENCE, own: true }).ok()?;
    // Something else may listen there.
    server.health().ok().filter(|health| health.body.get("uptime_seconds").is_some())
}

fn shown(findings: &[Finding], screen: Screen) -> String {
    let mut table = Table::new(&[Column::firm("CHECK"), Column::firm("VERDICT"), Column::long("FINDING")]);
    for finding in findings {
        let style = match finding.verdict {
            Verdict::Ok => Style::Good,
            Verdict::Skipped => Style::Dim,
            Verdict::Warning => Style::Doubtful,
            Verdict::Failed => Style::Bad,
        };
        let verdict = Cell::styled(finding.verdict.as_str(), style);
        table.row([finding.check.into(), verdict, finding.line().into()]);
        if let Some(advice) = finding.advice_line() {
            table.note(format!("    -> {advice}"), Style::Plain);
        }
    }
    // Advice is to be read to its end.
    table.drawn(Screen { width: None, ..screen })
}
