//! Start to first answer, and resident memory.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::process::Server;
use crate::{Outcome, client};

const PROJECTS: usize = 100;
const ITEMS: usize = 1000;
const STARTS: usize = 7;
/// Clients that store one item at a time.
const CLIENTS: usize = 8;

/// Prints the figures.
pub fn run() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    starts("empty", folder.path())?;
    let server = Server::ai_pm(folder.path())?;
    println!("idle, empty: VmRSS {} kB", server.resident_kb()?);

    let (agent, url) = (client::agent(), server.url.as_str());
    let projects = (0..PROJECTS).map(|n| client::project(&agent, url, &format!("project {n}")));
    let projects = projects.collect::<Outcome<Vec<_>>>()?;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let spawn = |seed| {
            let (next, projects) = (&next, &projects);
            scope.spawn(move || store(url, projects, next, seed).map_err(|error| error.to_string()))
        };
        let clients: Vec<_> = (1..=CLIENTS as u64).map(spawn).collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| "a client panicked".to_owned())?)
    })?;
    println!("after {} stores in {PROJECTS} projects: VmRSS {} kB", PROJECTS * ITEMS, server.resident_kb()?);
    for project in &projects {
        let body = json!({"project_id": project, "query": "wba wca"});
        client::post(&agent, &format!("{url}/api/memory/recall"), &body)?;
    }
    println!("after a recall in each, all indexes loaded: VmRSS {} kB", server.resident_kb()?);
    server.kill()?;
    starts("100,000 items, each after kill -9", folder.path())?;
    let server = Server::ai_pm(folder.path())?;
    println!("idle, 100,000 items: VmRSS {} kB", server.resident_kb()?);
    println!("store on disk: {} MB", folder_bytes(&folder.path().join("data"))? / 1_000_000);
    Ok(())
}

fn starts(what: &str, folder: &Path) -> Outcome<()> {
    let mut millis = Vec::new();
    for _ in 0..STARTS {
        let server = Server::ai_pm(folder)?;
        millis.push(server.started_in.as_secs_f64() * 1000.0);
        server.kill()?;
    }
    let each = millis.iter().map(|millis| format!("{millis:.1}")).collect::<Vec<_>>().join(" ");
    millis.sort_by(f64::total_cmp);
    let (median, most) = (millis.get(STARTS / 2).ok_or("no start")?, millis.last().ok_or("no start")?);
    println!("start to first answer, {what}: median {median:.1} ms, most {most:.1} ms ({each})");
    Ok(())
}

fn store(server: &str, projects: &[String], next: &AtomicUsize, seed: u64) -> Outcome<()> {
    let (agent, mut random) = (client::agent(), client::Random(seed));
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= PROJECTS * ITEMS {
            return Ok(());
        }
        let project = projects.get(n % PROJECTS).ok_or("no project")?;
        let key = format!("item-{n}");
        let body = json!({"project_id": project, "type": "context", "key": key, "value": random.text()});
        client::post(&agent, &format!("{server}/api/memory/store"), &body)?;
    }
}

fn folder_bytes(folder: &Path) -> Outcome<u64> {
    fs::read_dir(folder)?.try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
}
