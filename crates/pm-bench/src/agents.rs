//! The door for agents: how soon it answers, what it adds to a recall, and many clients at once beside the API's.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::process::{self, Server};
use crate::spread::Spread;
use crate::text::Writer;
use crate::{Outcome, latency};

/// Items among which is recalled.
const ITEMS: usize = 1_000;
/// Recalls through each door, in turn.
const ROUNDS: usize = 10;
const EACH: usize = 200;
/// How often the process is started to see how soon it answers.
const STARTS: usize = 21;

/// What is to be measured.
#[derive(clap::Args)]
pub struct Agents {
    /// Clients at a time.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// Seconds that they call.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Measures all of it, and prints it.
pub fn run(agents: &Agents) -> Outcome<()> {
    starts()?;
    for embedder in ["static", "minilm"] {
        recalls(embedder)?;
    }
    crowd(agents)
}

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" } },
    })
}

fn tool(name: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments } })
}

/// `ai-pm mcp`, asked one thing after the other.
struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Session {
    fn start(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Outcome<Self> {
        let mut child = Command::new(process::beside("ai-pm")?)
            .current_dir(folder)
            .env_clear()
            .env("DATA_DIR", folder.join("data"))
            .env("MAX_MEMORY_ITEMS", "0")
            .envs(settings.iter().copied())
            .arg("mcp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let to = child.stdin.take().ok_or("no standard input")?;
        let from = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, to, from })
    }

    fn ask(&mut self, message: &str) -> Outcome<String> {
        self.to.write_all(message.as_bytes())?;
        self.to.write_all(b"\n")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        if line.contains("\"result\"") { Ok(line) } else { Err(format!("answered {line:?}").into()) }
    }

    fn end(self) -> Outcome<()> {
        let Self { mut child, to, .. } = self;
        drop(to);
        child.wait()?;
        Ok(())
    }
}

/// From the start of the process to its first answer.
fn starts() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut millis = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut session = Session::start(folder.path(), &[], &[])?;
        session.ask(&initialize().to_string())?;
        millis.push(began.elapsed().as_secs_f64() * 1000.0);
        session.end()?;
    }
    let Spread { median, least, most, .. } = Spread::of(&millis)?;
    println!(
        "start to the answer of initialize: median {median:.1} ms ({least:.1} to {most:.1}), {STARTS} starts"
    );
    Ok(())
}

/// The same recalls over standard input and over HTTP, in turn.
fn recalls(embedder: &str) -> Outcome<()> {
    let settings = [("EMBEDDER", embedder)];
    let (own, served) = (tempfile::tempdir()?, tempfile::tempdir()?);
    // Each door has a store of its own with the same items: one process holds one.
    for folder in [&own, &served] {
        let server = Server::ai_pm_with(folder.path(), &settings)?;
        let client = Client::new(&server.url, "");
        let project = client.project("bench")?;
        client.fill(&project, ITEMS, 1)?;
        if embedder == "minilm" {
            client.settle(Duration::from_mins(5))?;
        }
        server.terminate()?;
    }
    let key = process::ai_pm(served.path(), &settings, &["key", "create", "bench", "--scope", "write"])?;
    let server = Server::ai_pm_with(served.path(), &settings)?;
    let client = Client::new(&server.url, key.trim());
    let projects: Value = serde_json::from_str(&client.get("/api/projects")?)?;
    let project = projects.pointer("/0/id").and_then(Value::as_str).ok_or("no project")?.to_owned();
    let mut session = Session::start(own.path(), &settings, &["--project", "bench"])?;
    session.ask(&initialize().to_string())?;

    let mut writer = Writer::new(7);
    let (mut lines, mut rest, mut http) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        // Ever new questions, so that no remembered vector answers; as long as those of people.
        let questions: Vec<String> = (0..EACH)
            .map(|_| writer.text().split_whitespace().take(8).collect::<Vec<_>>().join(" "))
            .collect();
        let mut millis = Vec::new();
        for question in &questions {
            let message = tool("recall", &json!({ "query": question, "limit": 10 })).to_string();
            let began = Instant::now();
            session.ask(&message)?;
            millis.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        let of =
            |path: &str, body: Value| latency::post(server.authority(), path, key.trim(), &body.to_string());
        let asked =
            |requests: Vec<Vec<u8>>| latency::ask(server.authority(), &requests, Duration::from_mins(1));
        let by_rest = asked(
            questions
                .iter()
                .map(|it| {
                    of("/api/memory/recall", json!({ "project_id": project, "query": it, "limit": 10 }))
                })
                .collect(),
        )?;
        let by_http = asked(
            questions
                .iter()
                .map(|it| {
                    of("/mcp", tool("recall", &json!({ "project": "bench", "query": it, "limit": 10 })))
                })
                .collect(),
        )?;
        // The first round loads code and data.
        if round > 0 {
            lines.extend(millis);
            rest.extend(by_rest);
            http.extend(by_http);
        }
    }
    session.end()?;
    for (door, millis) in [("standard input", lines), ("REST", rest), ("/mcp", http)] {
        let Spread { median, p99, count, .. } = Spread::of(&millis)?;
        println!(
            "recall among {ITEMS}, {embedder}, by {door}: p50 {median:.3} ms, p99 {p99:.3} ms ({count} recalls)"
        );
    }
    Ok(())
}

/// Many clients of both doors at once; each reads what it has just written, by the other door.
fn crowd(agents: &Agents) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let settings = [("AUTH_REQUIRED", "true")];
    let key = process::ai_pm(folder.path(), &settings, &["key", "create", "crowd", "--scope", "write"])?;
    let server = Server::ai_pm_with(folder.path(), &settings)?;
    let (calls, rounds) = (AtomicU64::new(0), AtomicU64::new(0));
    let until = Instant::now() + Duration::from_secs(agents.seconds);
    let faults = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..agents.clients)
            .map(|n| {
                let (url, key, calls, rounds) = (server.url.as_str(), key.trim(), &calls, &rounds);
                scope.spawn(move || {
                    let client = Client::new(url, key);
                    let mut round = 0_u64;
                    while Instant::now() < until {
                        // Eight projects: some clients share one.
                        through(&client, &format!("crowd-{}", n % 8), &format!("c{n}-{round}"), calls)
                            .map_err(|error| format!("client {n}, round {round}: {error}"))?;
                        rounds.fetch_add(1, Ordering::Relaxed);
                        round += 1;
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        let ended = clients.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended
            .filter_map(|ended| ended.unwrap_or_else(|_| Err("a client panicked".to_owned())).err())
            .collect::<Vec<_>>()
    });
    let seconds = f64::from(u32::try_from(agents.seconds)?);
    let calls = f64::from(u32::try_from(calls.into_inner())?);
    println!(
        "{} clients for {} s through both doors: {:.0} calls/s, {} rounds, {} faults, most memory {:.1} MiB",
        agents.clients,
        agents.seconds,
        calls / seconds,
        rounds.into_inner(),
        faults.len(),
        server.peak_mib()?
    );
    faults.iter().take(5).for_each(|fault| println!("  {fault}"));
    if faults.is_empty() { Ok(()) } else { Err("a client saw a fault".into()) }
}

/// What one door writes the other reads, there and back.
fn through(client: &Client, project: &str, key: &str, calls: &AtomicU64) -> Outcome<()> {
    let agent = |name: &str, arguments: Value| -> Outcome<Value> {
        calls.fetch_add(1, Ordering::Relaxed);
        let answer = client.post("/mcp", &tool(name, &arguments))?;
        let result = answer.get("result").cloned().ok_or_else(|| format!("{name}: {answer}"))?;
        Ok(result)
    };
    let held = |is: bool, what: &str, seen: &Value| if is { Ok(()) } else { Err(format!("{what}: {seen}")) };
    let item =
        json!({ "project": project, "type": "context", "key": key, "value": format!("{key} by an agent") });
    let stored = agent("remember", item)?;
    let id = stored.pointer("/structuredContent/project/id").and_then(Value::as_str);
    let id = id.ok_or_else(|| format!("remember: {stored}"))?.to_owned();

    calls.fetch_add(1, Ordering::Relaxed);
    let read = client.get(&format!("/api/projects/{id}/memory/context/{key}"))?;
    held(read.contains("by an agent"), "not read by REST", &json!(read))?;
    calls.fetch_add(1, Ordering::Relaxed);
    let body = json!({ "project_id": id, "type": "context", "key": key, "value": format!("{key} by REST") });
    client.post("/api/memory/store", &body)?;

    let recalled = agent("recall", json!({ "project": project, "query": key, "limit": 3 }))?;
    held(recalled.to_string().contains(&format!("{key} by REST")), "not recalled by the agent", &recalled)?;
    let gone = agent("forget", json!({ "project": project, "key": key }))?;
    held(gone.get("isError") == Some(&json!(false)), "not forgotten", &gone)?;
    calls.fetch_add(1, Ordering::Relaxed);
    let body = json!({ "project_id": id, "query": key, "limit": 3 });
    let recalled = client.post("/api/memory/recall", &body)?;
    held(
        !recalled.to_string().contains(&format!("{key} by REST")),
        "recalled by REST though forgotten",
        &recalled,
    )?;
    Ok(())
}
