//! Whether what is configured is right, and wise.

use super::finding::Finding;
use crate::cli::door::Health;
use crate::cli::screen;
use crate::config::{Config, EXAMPLE_SECRET_KEY, Fault, Secret, Source};

const CHECK: &str = "configuration";

/// Something is wrong with it.
pub(super) fn fault(fault: &Fault) -> Finding {
    Finding::failed(
        CHECK,
        fault.to_string(),
        "change it where it is set: `ai-pm config` says where, once all is right",
    )
}

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let given = config.report().iter().filter(|setting| setting.source != Source::Default).count();
    let mut findings =
        vec![Finding::ok(CHECK, format!("{given} settings are given, the others have their defaults"))];
    let loopback = config.server.host == "localhost"
        || config.server.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if !config.auth.required && !loopback {
        findings.push(Finding::warning(
            CHECK,
            format!(
                "whoever reaches {}:{} may read and write without a credential",
                config.server.host, config.server.port
            ),
            "set AUTH_REQUIRED=true, or API_HOST=127.0.0.1",
        ));
    }
    if config.auth.secret_key.as_ref().map(Secret::expose) == Some(EXAMPLE_SECRET_KEY) {
        findings.push(Finding::warning(
            CHECK,
            "SECRET_KEY is the one of .env.example, which everybody knows",
            "make one with `openssl rand -base64 48`",
        ));
    }
    findings
}

/// The server that runs on this machine, and whether it is of this version.
pub(super) fn server(health: Option<&Health>) -> Finding {
    let Some(health) = health else {
        return Finding::skipped("server", "none runs at the configured address");
    };
    let (version, own) = (screen::field(&health.body, "version"), env!("CARGO_PKG_VERSION"));
    if health.status != 200 {
        return Finding::failed(
            "server",
            "it runs, and its store does not answer",
            "see its log, and the finding on the store",
        );
    }
    if version != own {
        return Finding::warning(
            "server",
            format!("it is of version {version}, and this command of {own}"),
            "start the server anew with this version",
        );
    }
    Finding::ok("server", format!("it runs and is healthy, version {version}"))
}
