//! Requests a second and latency, beside a bare axum server in the same run.

use serde_json::json;

use crate::process::Server;
use crate::wrk::{self, Case, Load};
use crate::{Outcome, client};

const CONNECTIONS: u32 = 32;

/// Prints a table: the median of the rounds, which are interleaved so that a slow moment hits all cases alike.
pub fn run(seconds: u32, rounds: usize) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (bare, server) = (Server::bare()?, Server::ai_pm(folder.path())?);
    let agent = client::agent();
    let small = client::project(&agent, &server.url, "small")?;
    client::fill(&agent, &server.url, &small, 1000)?;
    let written = client::project(&agent, &server.url, "written")?;
    // Loads its index, so that each store brings it up to date.
    client::post(
        &agent,
        &format!("{}/api/memory/recall", server.url),
        &json!({"project_id": written, "query": "w"}),
    )?;

    let value = "the session cache refused the connection ".repeat(6);
    let body = format!(
        r#"path, body = "PATH", '{{"project_id":"{written}","type":"context","key":"' .. n .. '","value":"{value}"}}'"#
    );
    let recall = format!(
        r#"local a = "w" .. string.char(97 + seq % 26) .. string.char(97 + math.floor(seq / 26) % 3)
  local b = "w" .. string.char(97 + (seq * 7) % 26)
  path, body = "/api/memory/recall", '{{"project_id":"{small}","query":"why ' .. a .. ' with ' .. b .. '?"}}'"#
    );
    let case = |name, method, next: String| Case { name, method, next };
    let cases = [
        (&bare, CONNECTIONS, case("bare axum, GET", "GET", String::new())),
        (&bare, CONNECTIONS, case("bare axum, POST of 360 bytes", "POST", body.replace("PATH", "/"))),
        (&server, CONNECTIONS, case("GET /health/live", "GET", r#"path = "/health/live""#.to_owned())),
        (&server, CONNECTIONS, case("GET /health", "GET", r#"path = "/health""#.to_owned())),
        (&server, CONNECTIONS, case("GET a project", "GET", format!(r#"path = "/api/projects/{small}""#))),
        (&server, CONNECTIONS, case("store", "POST", body.replace("PATH", "/api/memory/store"))),
        (&server, 64, case("store, 64 clients", "POST", body.replace("PATH", "/api/memory/store"))),
        (&server, CONNECTIONS, case("recall among 1,000 items", "POST", recall.clone())),
        (&server, 1, case("recall among 1,000 items, one client", "POST", recall)),
    ];
    let mut loads: Vec<Vec<(Load, f64)>> = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for ((server, connections, case), loads) in cases.iter().zip(&mut loads) {
            let before = server.cpu_seconds()?;
            let load = wrk::run(&server.url, case, *connections, seconds, folder.path())?;
            let cpu = (server.cpu_seconds()? - before) * 1e6 / (load.rate * f64::from(seconds));
            loads.push((load, cpu));
        }
    }
    println!(
        "| case | clients | requests/s | CPU us each | p50 ms | p99 ms | errors |\n|---|---|---|---|---|---|---|"
    );
    for ((_, connections, case), loads) in cases.iter().zip(&mut loads) {
        loads.sort_by(|a, b| a.0.rate.total_cmp(&b.0.rate));
        let errors: u64 = loads.iter().map(|(load, _)| load.errors).sum();
        let (Load { rate, p50, p99, .. }, cpu) = loads.get(rounds / 2).ok_or("no rounds")?;
        println!("| {} | {connections} | {rate:.0} | {cpu:.1} | {p50:.2} | {p99:.2} | {errors} |", case.name);
    }
    Ok(())
}
