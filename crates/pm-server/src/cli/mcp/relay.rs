//! Passes the lines of an agent on to a running server, and its answers back.

use std::io::{BufRead, Read, Write};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::door::{Patience, Server, Way, said};
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
    let sent = said::json(&String::from_utf8_lossy(line)).unwrap_or_default();
    let own = [("accept", "application/json, text/event-stream")].into_iter();
    let named = project.map(|name| ("ai-pm-project", name));
    let headers: Vec<_> = own.chain(named).chain(told(&sent)).collect();
    let (status, body) = match server.pass("/mcp", &headers, line, LINE_BYTES) {
        Ok(answered) => answered,
        Err(failure) => {
            let message = format!("{}: see that the server runs", failure.message);
            return Some(error(&id_of(line)?, INTERNAL_ERROR, &message));
        }
    };
    if body.trim_ascii().is_empty() && (200..300).contains(&status) {
        return None;
    }
    match said::json(&String::from_utf8_lossy(&body)) {
        // A message of the protocol, on one line; to whoever waits for it, also where the server did not see who does.
        Ok(mut said) if said.get("jsonrpc").is_some() => {
            if let (Value::Object(said), Some(id)) = (&mut said, sent.get("id")) {
                said.entry("id").or_insert_with(|| id.clone());
            }
            Some(said.to_string().into_bytes())
        }
        Ok(problem) => {
            let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
            let message = format!("{}: {}", text("code"), text("detail"));
            Some(error(&id_of(line)?, INVALID_REQUEST, &message))
        }
        Err(_) => Some(error(&id_of(line)?, INTERNAL_ERROR, &format!("the server answered {status}"))),
    }
}

/// What a message says of itself that the protocol wants in headers, from the version on that asks for it in each message.
fn told(message: &Value) -> Vec<(&str, &str)> {
    let text = |path: &str| message.pointer(path).and_then(Value::as_str);
    let Some(version) = text("/params/_meta/io.modelcontextprotocol~1protocolVersion") else {
        return Vec::new();
    };
    let name = text("/params/name").or_else(|| text("/params/uri"));
    let named = [("mcp-method", text("/method")), ("mcp-name", name)];
    let named = named.into_iter().filter_map(|(header, value)| Some((header, value?)));
    // What cannot stand in a header is left to the server to miss.
    let fits = |(_, value): &(&str, &str)| value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    [("mcp-protocol-version", version)].into_iter().chain(named).filter(fits).collect()
}

/// The id of a request; `None` where the line asks for no answer.
fn id_of(line: &[u8]) -> Option<Value> {
    match said::json(&String::from_utf8_lossy(line)) {
        Ok(message) => message.get("id").cloned(),
        Err(_) => Some(Value::Null),
    }
}

fn error(id: &Value, code: i32, message: &str) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        .to_string()
        .into_bytes()
}
