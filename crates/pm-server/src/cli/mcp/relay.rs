//! Passes the lines of an agent on to a running server, and its answers back.

use std::io::{BufRead, Read, Write};
use std::path::Path;
use std::time::Duration;

use http::Uri;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;
use ureq::tls::TlsConfig;

use crate::cli::door::trust;
use crate::cli::{Failure, environment};

/// How long the server may take to answer one message.
const PATIENCE: Duration = Duration::from_mins(1);
/// The most bytes of a line and of an answer.
const LINE_BYTES: u64 = 16 * 1024 * 1024;
/// The error of the protocol for what is wrong on the way.
const INTERNAL_ERROR: i32 = -32603;
const INVALID_REQUEST: i32 = -32600;

/// A server, and how it is asked.
struct Relay<'a> {
    agent: Agent,
    url: String,
    api_key: Option<String>,
    project: Option<&'a str>,
}

/// Passes standard input on until it ends.
pub(super) fn run(
    url: &str,
    api_key: Option<String>,
    ca: Option<&Path>,
    project: Option<&str>,
) -> Result<(), Failure> {
    let fault =
        || Failure::usage(format!("--server {url:?}: must be an address such as http://localhost:8000"));
    let parsed: Uri = url.parse().map_err(|_| fault())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
        return Err(fault());
    }
    let mut config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    if parsed.scheme_str() == Some("https") {
        config = config.tls_config(TlsConfig::builder().root_certs(trust::roots(ca)?).build());
    }
    let api_key = api_key.or_else(|| environment::of("AI_PM_API_KEY")).filter(|key| !key.is_empty());
    let url = format!("{}/mcp", url.trim_end_matches('/'));
    Relay { agent: config.build().new_agent(), url, api_key, project }.run()
}

impl Relay<'_> {
    fn run(&self) -> Result<(), Failure> {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
        let unread = |error: std::io::Error| Failure::failed(format!("standard input: {error}"));
        loop {
            let mut line = Vec::new();
            // One more than may be, so that what is too long shows.
            let read = input.by_ref().take(LINE_BYTES + 1).read_until(b'\n', &mut line).map_err(unread)?;
            if read == 0 {
                return Ok(());
            }
            let answer = if line.len() as u64 > LINE_BYTES && line.last() != Some(&b'\n') {
                input.skip_until(b'\n').map_err(unread)?;
                Some(error(&Value::Null, INVALID_REQUEST, "the line is too long"))
            } else if line.trim_ascii().is_empty() {
                None
            } else {
                self.answer(line.trim_ascii())
            };
            if let Some(mut answer) = answer {
                answer.push(b'\n');
                let written = output.write_all(&answer).and_then(|()| output.flush());
                written.map_err(|error| Failure::failed(format!("standard output: {error}")))?;
            }
        }
    }

    /// What the server answers to a line; nothing to a notification.
    fn answer(&self, line: &[u8]) -> Option<Vec<u8>> {
        let (status, body) = match self.send(line) {
            Ok(said) => said,
            Err(why) => {
                let id = id_of(line)?;
                let message = format!("{}: {}: see that the server runs", self.url, trust::told(&why));
                return Some(error(&id, INTERNAL_ERROR, &message));
            }
        };
        if body.trim_ascii().is_empty() {
            return None;
        }
        match serde_json::from_slice::<Value>(&body) {
            // A message of the protocol, on one line.
            Ok(said) if said.get("jsonrpc").is_some() => Some(said.to_string().into_bytes()),
            Ok(problem) => {
                let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
                let message = format!("{}: {}", text("code"), text("detail"));
                Some(error(&id_of(line)?, INVALID_REQUEST, &message))
            }
            Err(_) => Some(error(&id_of(line)?, INTERNAL_ERROR, &format!("the server answered {status}"))),
        }
    }

    fn send(&self, line: &[u8]) -> Result<(u16, Vec<u8>), ureq::Error> {
        let mut request = Request::post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(key) = &self.api_key {
            request = request.header("x-api-key", key);
        }
        if let Some(project) = self.project {
            request = request.header("ai-pm-project", project);
        }
        let mut response = self.agent.run(request.body(line)?)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LINE_BYTES).read_to_vec()?;
        Ok((status, body))
    }
}

/// The id of a request; `None` where the line asks for no answer.
fn id_of(line: &[u8]) -> Option<Value> {
    match serde_json::from_slice::<Value>(line) {
        Ok(message) => message.get("id").cloned(),
        Err(_) => Some(Value::Null),
    }
}

fn error(id: &Value, code: i32, message: &str) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        .to_string()
        .into_bytes()
}
