//! The door for agents: over standard input and output, and over HTTP.

mod doors;
mod hostile;
mod same;
mod sdk;
mod stdio;
mod tools;

use std::path::Path;

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::harness::process::{self, PATIENCE};
use crate::harness::{Answer, TestServer};

/// A call of a tool, as it is sent.
fn tool(id: u64, name: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": name, "arguments": arguments } })
}

/// How a session begins.
fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        },
    })
}

/// What a tool answered: its JSON, if it did what was asked.
#[track_caller]
fn done(message: &Value) -> Value {
    assert_eq!(message["result"]["isError"], false, "{message}");
    assert!(
        message["result"]["content"][0]["text"].as_str().is_some_and(|text| !text.is_empty()),
        "{message}"
    );
    message["result"]["structuredContent"].clone()
}

/// The code of the fault that a tool answered.
#[track_caller]
fn code(message: &Value) -> String {
    assert_eq!(message["result"]["isError"], true, "{message}");
    let error = &message["result"]["structuredContent"]["error"];
    let text = message["result"]["content"][0]["text"].as_str().unwrap();
    let code = error["code"].as_str().unwrap();
    assert!(text.starts_with(&format!("{code}: ")), "{message}");
    code.to_owned()
}

/// Sends a message over HTTP.
async fn post(server: &TestServer, headers: &[(&str, &str)], message: &Value) -> Answer {
    let accept = ("accept", "application/json, text/event-stream");
    server.call(Method::POST, "/mcp", &[&[accept], headers].concat(), message.clone()).await
}

/// Calls a tool over HTTP; the message that is answered.
async fn call(server: &TestServer, headers: &[(&str, &str)], name: &str, arguments: Value) -> Value {
    post(server, headers, &tool(1, name, &arguments)).await.expect(200).json()
}

/// `ai-pm mcp`, spoken to line by line.
struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Option<ChildStderr>,
    next: u64,
}

impl Session {
    fn start(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = process::piped(folder, settings, &[&["mcp"], arguments].concat());
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, stdout, stderr, next: 1 }
    }

    async fn send(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(&[line, b"\n"].concat()).await.unwrap();
        stdin.flush().await.unwrap();
    }

    /// The next message. Every line of standard output is one.
    async fn receive(&mut self) -> Value {
        let line = timeout(PATIENCE, self.stdout.next_line()).await.expect("no answer comes").unwrap();
        let line = line.expect("standard output ended");
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    async fn ask(&mut self, message: &Value) -> Value {
        self.send(message.to_string().as_bytes()).await;
        self.receive().await
    }

    async fn call(&mut self, name: &str, arguments: Value) -> Value {
        let id = self.next;
        self.next += 1;
        let answer = self.ask(&tool(id, name, &arguments)).await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// Ends the input; what is still answered, and how the process ended.
    async fn end(mut self) -> (Vec<Value>, Option<i32>) {
        drop(self.stdin.take());
        let mut left = Vec::new();
        while let Some(line) = timeout(PATIENCE, self.stdout.next_line()).await.expect("it ends").unwrap() {
            left.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        (left, status.code())
    }
}
