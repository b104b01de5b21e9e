//! Passes the lines of an agent on to a running server, and its answers back.

use std::io::{BufRead, Read, Write};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::door::{Patience, Server, Way};
use crate::cli::failure::Failure;

/// How long the server may take to answer one message.
const PATIENCE: Patience = Patience { request: Duration::from_mins(1), own: false };
/// The most bytes of a line and of an answer.
const LINE_BYTES: u64 = 16 * 1024 * 1024;
/// The errors of the protocol for what is wrong on the way.
const INTERNAL_ERROR: i32 = -32603;
const INVALID_REQUEST: i32 = -32600;

/// Passes standard input on until it ends; `project` is meant by calls that name none.
pub(super) fn run(way: Way, project: Option<&str>) -> Result<(), Failure> {
    let server = way.open_server(PATIENCE)?;
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
            answer(&server, line.trim_ascii(), project)
        };
        if let Some(mut answer) = answer {
            answer.push(b'\n');
            let written = output.write_all(&answer).and_then(|()| output.flush());
            written.map_err(|error| Failure::failed(format!("standard output: {error}")))?;
        }
    }
}

/// What the server answers to a line; nothing to a notification.
fn answer(server: &Server, line: &[u8], project: Option<&str>) -> Option<Vec<u8>> {
    let accept = ("accept", "application/json, text/event-stream");
    let headers: Vec<_> = [accept].into_iter().chain(project.map(|name| ("ai-pm-project", name))).collect();
    let (status, body) = match server.pass("/mcp", &headers, line, LINE_BYTES) {
        Ok(answered) => answered,
        Err(failure) => {
            let message = format!("{}: see that the server runs", failure.message);
            return Some(error(&id_of(line)?, INTERNAL_ERROR, &message));
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
