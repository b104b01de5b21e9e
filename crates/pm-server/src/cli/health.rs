//! `ai-pm health`.

use std::time::Duration;

use serde_json::Value;

use super::address;
use super::chosen::{Common, answer};
use super::door::{Patience, Server};
use super::failure::Failure;
use super::screen::{self, Screen, Style};

const EXAMPLES: &str = "\
Examples:
  ai-pm health                                       the server of this configuration, on this machine
  ai-pm health --server https://pm.example --timeout 2
  HEALTHCHECK CMD [\"ai-pm\", \"health\"]               in a Dockerfile";

/// Ask a server whether it is healthy. Without --server, the one at `API_HOST` and `API_PORT`: on loopback where it listens on
/// all addresses; with TLS its certificate, which is for another name, is not looked at.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Health {
    /// How many seconds it may take, 1 to 300.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    #[command(flatten)]
    common: Common,
}

impl Health {
    pub(super) fn run(self) -> Result<(), Failure> {
        let request = Duration::from_secs(self.timeout);
        let server = if self.common.way.is_server() {
            self.common.way.open_server(Patience { request, own: false })?
        } else {
            let none = || Failure::usage("API_PORT is 0, any free port: name the address by --server");
            let url = address::of_the_server(&super::load()?).ok_or_else(none)?;
            Server::new(&url, None, None, Patience { request, own: true })?
        };
        let health = server.health()?;
        let status = health.body.get("status").and_then(Value::as_str);
        match status {
            Some("healthy") if health.status == 200 => {
                answer(self.common.json, &health.body, |screen| shown(&health.body, screen))
            }
            Some("unhealthy") => {
                let store = health.body.get("store").unwrap_or(&Value::Null);
                let (kind, answers) = (screen::field(store, "kind"), screen::field(store, "status"));
                Err(Failure::coded("unhealthy", format!("the store ({kind}) is {answers}")))
            }
            _ => Err(Failure::coded("unhealthy", format!("{} and no health of ai-pm", health.status))),
        }
    }
}

fn shown(health: &Value, screen: Screen) -> String {
    let store = health.get("store").unwrap_or(&Value::Null);
    let embedder = health.get("embedder").unwrap_or(&Value::Null);
    format!(
        "{}  store {} {} ms, embedder {} with {} waiting, version {}, up {} s\n",
        screen.painted("healthy", Style::Good),
        screen::field(store, "kind"),
        screen::field(store, "latency_ms"),
        screen::field(embedder, "name"),
        screen::field(embedder, "pending"),
        screen::field(health, "version"),
        screen::field(health, "uptime_seconds"),
    )
}
