//! A client that behaves, and wants its answers.

use std::time::{Duration, Instant};

use serde_json::json;
use ureq::Agent;

use crate::Outcome;

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(3);

/// What it saw: for each request by name, how many milliseconds each of its answers took.
pub struct Asked {
    /// Milliseconds of what was answered.
    pub millis: Vec<(&'static str, Vec<f64>)>,
    /// What was not answered, or not with success.
    pub failed: u64,
}

/// Asks one thing after the other until `done`, at least each once.
pub fn ask_until(server: &str, project: &str, done: &impl Fn() -> bool) -> Outcome<Asked> {
    let keeping = crate::client::agent();
    // Must get in again for each request.
    let coming: Agent = Agent::config_builder()
        .timeout_global(Some(Duration::from_mins(1)))
        .max_idle_connections(0)
        .build()
        .new_agent();
    let live = format!("{server}/health/live");
    let of_project = format!("{server}/api/projects/{project}");
    let recall = format!("{server}/api/memory/recall");
    let mut words = crate::text::Writer::new(7);
    let mut asked = Asked {
        millis: ["GET /health/live", "GET /health/live, a new connection", "GET a project", "recall"]
            .map(|name| (name, Vec::new()))
            .into(),
        failed: 0,
    };
    loop {
        for (which, (_, millis)) in asked.millis.iter_mut().enumerate() {
            let body = json!({"project_id": project, "query": words.question()}).to_string();
            let beginning = Instant::now();
            let answer = match which {
                0 => keeping.get(&live).call(),
                1 => coming.get(&live).call(),
                2 => keeping.get(&of_project).call(),
                _ => keeping.post(&recall).header("content-type", "application/json").send(body),
            };
            match answer.and_then(|mut answer| answer.body_mut().read_to_vec()) {
                Ok(_) => millis.push(beginning.elapsed().as_secs_f64() * 1000.0),
                Err(_) => asked.failed += 1,
            }
            std::thread::sleep(PAUSE);
        }
        if done() {
            return Ok(asked);
        }
    }
}
