//! The real binary, run to its end or as a server.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Answer;

/// The longest that anything is waited for: a bound on a test that hangs, not a measure.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The same, if it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// The one line that the program says of itself on standard error.
    #[track_caller]
    pub fn one_line(&self) -> &str {
        let mut lines = self.stderr.lines().filter(|line| line.starts_with("ai-pm: "));
        let line = lines.next().unwrap_or_else(|| panic!("{self:?}"));
        assert_eq!(lines.next(), None, "{self:?}");
        assert!(self.stderr.ends_with(&format!("{line}\n")), "it is the last: {self:?}");
        line
    }
}

/// The binary in `folder`, with nothing in its environment but `settings`.
fn command(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ai-pm"));
    command.current_dir(folder).env_clear().envs(of_the_store(folder, settings, arguments)).args(arguments);
    // Where coverage is measured, the binary is told where its figures go: it would leave them in the folder.
    #[expect(clippy::disallowed_methods, reason = "a variable of the compiler's, no setting of the server")]
    let profile = std::env::var_os("LLVM_PROFILE_FILE");
    command.envs(profile.map(|file| ("LLVM_PROFILE_FILE", file)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// The settings with those of the store under test; a report of settings shows what is given, and no more.
fn of_the_store(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Vec<(String, String)> {
    if arguments == ["config"] {
        return settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    }
    super::store::with(folder, settings)
}

/// Runs the binary in `folder` to its end.
pub async fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    run_into(Stdio::piped(), folder, settings, arguments).await
}

/// Runs the binary with this on its standard input.
pub async fn run_with(stdin: &str, folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut child = command(folder, settings, arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // Who does not read it has ended already.
    let _ = pipe.write_all(stdin.as_bytes()).await;
    drop(pipe);
    ended(child, arguments).await
}

/// Runs the binary with its standard output going elsewhere.
pub async fn run_into(stdout: Stdio, folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    ended(command(folder, settings, arguments).stdout(stdout).spawn().unwrap(), arguments).await
}

/// Starts the binary with pipes to all its streams, for a test that talks to it.
pub fn piped(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Child {
    command(folder, settings, arguments).stdin(Stdio::piped()).spawn().unwrap()
}

async fn ended(child: Child, arguments: &[&str]) -> Ran {
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("{arguments:?} does not end")).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the binary, and checks that it says `words` in one clear line and ends with `code`.
pub async fn refused(folder: &Path, settings: &[(&str, &str)], args: &[&str], code: i32, words: &[&str]) {
    let ran = run(folder, settings, args).await.expect(code);
    let line = ran.one_line();
    assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {line}");
    assert_eq!(ran.stdout, "", "{args:?}");
}

/// A server in a process of its own, killed when it is dropped.
pub struct Process {
    child: Child,
    address: SocketAddr,
    log: watch::Receiver<Vec<String>>,
    reading: JoinHandle<()>,
    pub client: Client<HttpConnector, Body>,
}

impl Process {
    /// Starts a server on a free port in `folder`, and waits until it listens.
    pub async fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let mut all = vec![("API_HOST", "127.0.0.1"), ("API_PORT", "0"), ("LOG_FORMAT", "json")];
        // Tests ask more than a client does.
        all.push(("RATE_LIMIT_PER_SECOND", "0"));
        all.extend_from_slice(settings);
        let mut child = command(folder, &all, &[]).stdout(Stdio::null()).spawn().unwrap();
        let (sender, mut log) = watch::channel(Vec::new());
        let reading = tokio::spawn(collect(child.stderr.take().unwrap(), sender));
        let listening = seen(&mut log, |line| line.contains("listening")).await;
        let (_, after) = listening.split_once("127.0.0.1:").unwrap();
        let port: String = after.chars().take_while(char::is_ascii_digit).collect();
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { child, address, log, reading, client }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits for a line of the log.
    pub async fn logged(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        seen(&mut self.log, is_it).await
    }

    /// Sends it a signal such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().await.unwrap().success());
    }

    /// Kills it as a crash would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it ends; how it ended, and all that it logged.
    pub async fn ended(mut self, within: Duration) -> (ExitStatus, Vec<String>) {
        let status = timeout(within, self.child.wait()).await.expect("it does not end").unwrap();
        timeout(PATIENCE, self.reading).await.unwrap().unwrap();
        let lines = self.log.borrow().clone();
        assert!(!lines.iter().any(|line| line.contains("panicked")), "{lines:#?}");
        (status, lines)
    }

    /// Ends it with grace; all that it logged.
    pub async fn stop(self) -> Vec<String> {
        self.signal("TERM").await;
        let (status, lines) = self.ended(PATIENCE).await;
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        lines
    }

    /// Sends a request with headers and, where `body` is not null, JSON.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        ask(&self.client, &self.url(), method, path, headers, body).await.unwrap()
    }

    /// Sends a form.
    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(format!("{}{path}", self.url()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let (parts, body) = self
            .client
            .request(request.body(Body::from(form.to_owned())).unwrap())
            .await
            .unwrap()
            .into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[], &body).await
    }

    /// Makes a project; its id.
    pub async fn project(&self, name: &str) -> String {
        let project = self.post("/api/projects", json!({ "name": name })).await.expect(201).json();
        project["id"].as_str().unwrap().to_owned()
    }
}

/// Asks the server at `url`; an error if the answer does not come, or not whole.
pub async fn ask(
    client: &Client<HttpConnector, Body>,
    url: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = Request::builder().method(method).uri(format!("{url}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = if body.is_null() {
        request.body(Body::empty())
    } else {
        request.header("content-type", "application/json").body(Body::from(body.to_string()))
    };
    let (parts, body) = client.request(request?).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

/// Passes the lines of `stream` on until it ends.
async fn collect(stream: impl AsyncRead + Unpin, sender: watch::Sender<Vec<String>>) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        sender.send_modify(|seen| seen.push(line));
    }
}

/// The first line that is the one looked for, once it is there.
async fn seen(log: &mut watch::Receiver<Vec<String>>, is_it: impl Fn(&str) -> bool) -> String {
    let found = timeout(PATIENCE, log.wait_for(|lines| lines.iter().any(|line| is_it(line)))).await;
    match found.map(|waited| waited.map(|lines| lines.iter().find(|line| is_it(line)).cloned())) {
        Ok(Ok(Some(line))) => line,
        _ => panic!("the line does not come: {:#?}", log.borrow()),
    }
}
